// The same work on goroutines, on one processor: each yields with runtime.Gosched, which puts it at the end of the
// run queue.
//
// Usage: goroutines wake N TICKS | spawn N | memory N; prints one line of JSON.
//
//	wake    ns per wake: N goroutines that count and yield for ever; median of rounds of N * TICKS wakes
//	spawn   ns per goroutine that is created, runs and dies; median of rounds of N
//	memory  bytes per waiting goroutine, by the runtime's own figures: stacks and heap in use
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const rounds = 5

func median(values []float64) float64 {
	sort.Float64s(values)
	return values[len(values)/2]
}

// The time that the process has spent on a processor, so that others' work on the machine is not counted.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func wake(n, ticks int) float64 {
	counts := make([]int, n)
	for i := range counts {
		go func(count *int) {
			for {
				*count++
				runtime.Gosched()
			}
		}(&counts[i])
	}
	// The scheduler promises no strict order, so what has run is counted and not assumed.
	total := func() (sum int) {
		for _, count := range counts {
			sum += count
		}
		return sum
	}
	turns := func(goal int) (woken int, took time.Duration) {
		before, began := total(), processorTime()
		for turn := 0; turn < goal; turn++ {
			runtime.Gosched()
		}
		took = processorTime() - began
		return total() - before, took
	}
	turns(2)
	perWake := make([]float64, rounds)
	for round := range perWake {
		woken, took := turns(ticks)
		perWake[round] = float64(took.Nanoseconds()) / float64(woken)
	}
	return median(perWake)
}

func spawn(n int) float64 {
	perSpawn := make([]float64, 0, 1+rounds)
	for len(perSpawn) < cap(perSpawn) {
		var alive sync.WaitGroup
		alive.Add(n)
		began := processorTime()
		for i := 0; i < n; i++ {
			go alive.Done()
		}
		alive.Wait()
		perSpawn = append(perSpawn, float64((processorTime() - began).Nanoseconds())/float64(n))
	}
	return median(perSpawn[1:])
}

func memory(n int) float64 {
	inUse := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.StackInuse + stats.HeapInuse
	}
	before := inUse()
	tick := make(chan struct{})
	for i := 0; i < n; i++ {
		go func() {
			for count := 0; ; count++ {
				<-tick
			}
		}()
	}
	runtime.Gosched()
	return float64(inUse()-before) / float64(n)
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: goroutines wake N TICKS | spawn N | memory N")
	os.Exit(2)
}

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) < 3 {
		usage()
	}
	var numbers []int
	for _, arg := range os.Args[2:] {
		number, err := strconv.Atoi(arg)
		if err != nil || number < 1 {
			usage()
		}
		numbers = append(numbers, number)
	}
	value, unit := 0.0, "ns"
	switch call := fmt.Sprint(os.Args[1], len(numbers)); call {
	case "wake2":
		value = wake(numbers[0], numbers[1])
	case "spawn1":
		value = spawn(numbers[0])
	case "memory1":
		value, unit = memory(numbers[0]), "B"
	default:
		usage()
	}
	fmt.Printf("{\"value\": %.3f, \"unit\": %q, \"version\": %q}\n", value, unit, runtime.Version())
}
