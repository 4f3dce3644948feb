// The words of the capture format: what FORMAT.md (in src/capture) draws. Numbers here are written into files; they
// are never changed, only added to, and any other change is a new version.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A handle, and what it becomes where it is restored; the twin of raw.rs' RawHandle.
struct dm_handle
{
    uint8_t kind;
    uint64_t from;
    uint64_t to;
};

namespace dm
{

constexpr uint8_t kMagic[4] = {'D', 'm', 'c', 1};

// How shared things and functions are referred to.
enum Mode : uint8_t
{
    kLocal = 0,    // by their number in this VM's catalog; only this VM can load it
    kPortable = 1, // by paths and content hashes, listed in the capture
};

enum Option : uint8_t
{
    kWithState = 1, // the contents of shared upvalues and tables are part of the capture
    kMovable = 2,   // handles may mean something else where it is restored: no order of a table depends on them
};

enum Tag : uint8_t
{
    kNil = 0x00,
    kFalse = 0x01,
    kTrue = 0x02,
    kDouble = 0x03,
    kInteger = 0x04, // a number without a fraction
    kFloat = 0x05,
    kInt64 = 0x06,
    kVector = 0x07,
    kLight = 0x08,
    kCursor = 0x09,     // of a loop over a table, by slot
    kCursorRank = 0x0a, // of a loop over a table, by the entries before it
    kAgain = 0x0c,      // an object met before
    kNamed = 0x0d,
    kString = 0x0e,
    kTable = 0x0f,
    kClosure = 0x10,
    kNative = 0x11, // a C function of the fixed set
    kHost = 0x12,
    kThread = 0x13,
    kBuffer = 0x14,
    kUpvalue = 0x15,
    kConstant = 0x16, // the one closure that a function without upvalues has
    kFree = 0x17,     // so many slots of a table without a key
    kDead = 0x18,     // a slot of a table whose key was removed
    kOpen = 0x19,     // an upvalue that lives in the stack of a thread
    kCached = 0x1a,   // the closure that a function keeps for all who make it with the same upvalues
    kShortString = 0x20, // .. 0x3f: its length
    kSmall = 0x40,       // .. 0x7f: the number
    kRecent = 0x80,      // .. 0xff: how long ago the object was met
};

constexpr int kShortStrings = kSmall - kShortString;
constexpr int kSmalls = kRecent - kSmall;
constexpr int kRecents = 0x100 - kRecent;

// The first byte of a table's contents.
enum TableFlag : uint8_t
{
    kNodesNone = 0,
    kNodesShape = 1,   // keys as in a table before
    kNodesExact = 2,   // slot by slot
    kNodesOrdered = 3, // entries in order: some keys are hashed by address
    kNodesMask = 3,
    kHasArray = 4,
    kHasMetatable = 8,
    kFrozen = 16,
    kSafeEnvironment = 32,
    kHasBoundary = 64, // the cached border of the array part (or the last free slot) follows
};

enum FrameFlag : uint8_t
{
    kHasVarargs = 1,
    kHasExtraTop = 2, // more was passed than the function takes
    kNamedCode = 4,   // the function follows, since its closure is only a name
    kNativeFrame = 8, // of a C function; none of the above
    kLastFrame = 16,  // of the C function in which it is suspended; its reserve follows
};

// A thread's first byte: its status, and these.
enum ThreadFlag : uint8_t
{
    kStatusMask = 0x0f,
    kTasklet = 0x10,
    kOwnGlobals = 0x20, // the table of globals follows; otherwise it is that of the thread before
    kYieldedValues = 0x40,
};

// What a capture may ask to be allocated, for its size. One that needs more (empty tables with much room) is padded.
constexpr uint64_t kFreeBytes = 256 * 1024;
constexpr uint64_t kBytesPerByte = 64;

// Tables with at most so many slots share their keys' layout.
constexpr int kShapeSlotsLog2 = 6;

// Among the moves of handles, what is no handle but the number of an intercepted call; and the number that stands for none.
constexpr uint8_t kTokens = 255;
constexpr uint64_t kNobody = 0xfffffffe;

// How deep closures that are kept may lie in one another's upvalues; a function within a function within ...
constexpr int kCachedDepth = 16;

} // namespace dm
