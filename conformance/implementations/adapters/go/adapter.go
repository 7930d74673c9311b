package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
)

// adapter answers commands; those that may wait run on separate goroutines.
type adapter struct {
	outMu sync.Mutex
	out   *json.Encoder

	mu      sync.Mutex
	wires   *wires         // of the connections since the last reset
	handles map[string]any // *accepting, *peer or *call by its handle
	count   int
}

// answer is an object of JSON on its way to the runner.
type answer map[string]any

// skip returns the error for something that the library cannot do.
type skip string

func (s skip) Error() string { return string(s) }

func newAdapter(out io.Writer) *adapter {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return &adapter{out: encoder, wires: newWires(), handles: map[string]any{}}
}

// run reads commands until "stop" or the end of the input.
func (a *adapter) run(in io.Reader) error {
	defer a.reset()
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 && a.take(line) {
			return nil
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read commands: %w", err)
		}
	}
}

// take starts the command in a line, and reports whether it is stop.
func (a *adapter) take(line []byte) (stop bool) {
	c, err := parseCommand(line)
	if err != nil {
		a.answer(c, nil, err)
	} else if c.Command == "stop" {
		a.answer(c, answer{}, nil)
		return true
	} else if carryOut, known := prompt[c.Command]; known {
		a.do(c, carryOut)
	} else if carryOut, known := waiting[c.Command]; known {
		go a.do(c, carryOut)
	} else {
		a.answer(c, nil, fmt.Errorf("cannot carry out: command is %q, which is unknown", c.Command))
	}
	return false
}

// do carries out a command. The library panics on some input; that becomes the answer and ends nothing else.
func (a *adapter) do(c command, carryOut func(*adapter, command) (answer, error)) {
	defer func() {
		if fault := recover(); fault != nil {
			a.answer(c, nil, panicked{fault, debug.Stack()})
		}
	}()
	result, err := carryOut(a, c)
	a.answer(c, result, err)
}

type panicked struct {
	fault any
	stack []byte
}

func (p panicked) Error() string { return fmt.Sprint("panic: ", p.fault) }

func (a *adapter) answer(c command, result answer, err error) {
	var unable skip
	var broken panicked
	switch {
	case errors.As(err, &unable):
		result = answer{"skipped": answer{"reason": unable.Error()}}
	case errors.As(err, &broken):
		result = answer{"errored": answer{"message": broken.Error(), "trace": string(broken.stack)}}
	case err != nil:
		result = answer{"errored": answer{"message": err.Error()}}
	}
	result["seq"] = c.Seq
	a.outMu.Lock()
	defer a.outMu.Unlock()
	a.out.Encode(result) // if it fails, standard input ends too
}

func (a *adapter) currentWires() *wires {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wires
}

// add returns a handle for something that a command created.
func (a *adapter) add(kind string, made any) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	handle := fmt.Sprintf("%s-%d", kind, a.count)
	a.handles[handle] = made
	return handle
}

// find returns what a handle refers to.
func find[T any](a *adapter, kind, handle string) (T, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.handles[handle].(T)
	if !ok {
		return found, fmt.Errorf("cannot find the %s: handle is %q, wanted the handle of a %s", kind, handle, kind)
	}
	return found, nil
}

// reset closes all listeners and connections.
func (a *adapter) reset() {
	a.mu.Lock()
	wires, handles := a.wires, a.handles
	a.wires, a.handles = newWires(), map[string]any{}
	a.mu.Unlock()
	for _, made := range handles {
		if accepting, ok := made.(*accepting); ok {
			accepting.listener.close()
		}
	}
	wires.cut()
}
