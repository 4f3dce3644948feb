/* Gamepads that are none: SDL's own virtual ones, plugged into the process that this library is loaded into before SDL.
 * It reads what they do from the pipe named by PADS, a line each, whenever that process asks SDL for events:
 *
 *   plug PAD | unplug PAD | button PAD BUTTON 0|1 | axis PAD AXIS VALUE        (SDL's numbers)
 *
 * All above is SDL itself: that a pad came, what it is called, which buttons it has, that what it held is let go. */
#define _GNU_SOURCE
#include <SDL2/SDL.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#define PADS 4

static SDL_Joystick *pads[PADS];
static int pipe_end = -2;

static void obey(const char *line) {
    char what[16];
    int pad, number = 0, value = 0;
    if (SDL_sscanf(line, "%15s %d %d %d", what, &pad, &number, &value) < 2 || pad < 0 || pad >= PADS) {
        return;
    }
    if (SDL_strcmp(what, "plug") == 0) {
        int at = SDL_JoystickAttachVirtual(SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX, 0);
        pads[pad] = at < 0 ? NULL : SDL_JoystickOpen(at);
    } else if (pads[pad] == NULL) {
        return;
    } else if (SDL_strcmp(what, "unplug") == 0) {
        SDL_JoystickID id = SDL_JoystickInstanceID(pads[pad]);
        SDL_JoystickClose(pads[pad]);
        pads[pad] = NULL;
        for (int at = 0; at < SDL_NumJoysticks(); at++) {
            if (SDL_JoystickGetDeviceInstanceID(at) == id) {
                SDL_JoystickDetachVirtual(at);
                break;
            }
        }
    } else if (SDL_strcmp(what, "button") == 0) {
        SDL_JoystickSetVirtualButton(pads[pad], number, value);
    } else if (SDL_strcmp(what, "axis") == 0) {
        SDL_JoystickSetVirtualAxis(pads[pad], number, value);
    }
}

static void read_lines(void) {
    static char line[64];
    static size_t length = 0;
    char letter;
    while (read(pipe_end, &letter, 1) == 1) {
        if (letter == '\n') {
            line[length] = 0;
            length = 0;
            obey(line);
        } else if (length < sizeof line - 1) {
            line[length++] = letter;
        }
    }
}

int SDL_PollEvent(SDL_Event *event) {
    static int (*poll)(SDL_Event *);
    if (poll == NULL) {
        poll = (int (*)(SDL_Event *))dlsym(RTLD_NEXT, "SDL_PollEvent");
    }
    if (pipe_end == -2) {
        const char *path = SDL_getenv("PADS");
        pipe_end = path == NULL ? -1 : open(path, O_RDONLY | O_NONBLOCK);
    }
    if (pipe_end >= 0 && SDL_WasInit(SDL_INIT_GAMECONTROLLER)) {
        read_lines();
    }
    return poll(event);
}
