package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"reflect"
	"sync"
	"testing"
	"time"
)

// driver runs an adapter for these tests.
type driver struct {
	t       *testing.T
	mu      sync.Mutex
	in      io.Writer
	seq     int64
	answers map[int64]chan answer
}

// bound is how long anything here may take.
const bound = 20 * time.Second

// drive runs an adapter in this process, over the same lines as any runner.
func drive(t *testing.T) *driver {
	t.Helper()
	commandsOut, commandsIn := io.Pipe()
	answersOut, answersIn := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- newAdapter(answersIn).run(commandsOut)
		answersIn.Close()
	}()
	t.Cleanup(func() {
		commandsIn.Close()
		if err := <-ended; err != nil {
			t.Errorf("the adapter failed: %v", err)
		}
	})
	return driveOver(t, commandsIn, answersOut)
}

func driveOver(t *testing.T, in io.Writer, out io.Reader) *driver {
	d := &driver{t: t, in: in, answers: map[int64]chan answer{}}
	go func() {
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var a answer
			if err := json.Unmarshal(line, &a); err != nil {
				t.Errorf("the answer %q is not JSON: %v", line, err)
				return
			}
			seq, _ := a["seq"].(float64)
			delete(a, "seq")
			d.waiting(int64(seq)) <- a
		}
	}()
	return d
}

func (d *driver) waiting(seq int64) chan answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.answers[seq] == nil {
		d.answers[seq] = make(chan answer, 1)
	}
	return d.answers[seq]
}

// send gives a command and returns a function that waits for the answer.
func (d *driver) send(command string, arguments answer) func() answer {
	d.t.Helper()
	d.mu.Lock()
	d.seq++
	seq := d.seq
	d.mu.Unlock()
	line := answer{"seq": seq, "command": command}
	for key, value := range arguments {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.in.Write(append(text, '\n')); err != nil {
		d.t.Fatalf("%s: cannot write: %v", command, err)
	}
	return func() answer {
		d.t.Helper()
		select {
		case a := <-d.waiting(seq):
			return a
		case <-time.After(bound):
			d.t.Fatalf("%s: no answer to %s", command, text)
			return nil
		}
	}
}

func (d *driver) ask(command string, arguments answer) answer {
	d.t.Helper()
	return d.send(command, arguments)()
}

// must gives a command that has to succeed.
func (d *driver) must(command string, arguments answer) answer {
	d.t.Helper()
	a := d.ask(command, arguments)
	if a["skipped"] != nil || a["errored"] != nil {
		d.t.Fatalf("%s %v: %v", command, arguments, a)
	}
	return a
}

// pair makes a listener and a connection to it, and returns the handles of its two ends.
func (d *driver) pair(transport string, listening, connecting answer) (acceptor, initiator string) {
	d.t.Helper()
	listener := d.must("listen", answer{"transport": transport, "options": listening})
	connected := d.must("connect", answer{"address": listener["address"], "options": connecting})
	if connected["state"] != "open" {
		d.t.Fatalf("connect: %v", connected)
	}
	accepted := d.must("report", answer{"listener": listener["listener"], "timeout": bound.Milliseconds()})
	return accepted["connections"].([]any)[0].(string), connected["connection"].(string)
}

// outcome sends a single request and waits for its outcome.
func (d *driver) outcome(connection, operation, payload string) answer {
	d.t.Helper()
	return d.settled(d.must("request", answer{
		"connection": connection, "operation": operation, "payload": hexOf(payload),
	}))
}

func (d *driver) settled(made answer) answer {
	d.t.Helper()
	return d.must("report", answer{"call": made["call"], "timeout": bound.Milliseconds()})
}

// streamed sends the parts of a stream request, ends it and waits for what becomes of it.
func (d *driver) streamed(connection, operation string, parts ...string) answer {
	d.t.Helper()
	opened := d.must("open-stream", answer{"connection": connection, "operation": operation})
	for _, part := range parts {
		d.must("write", answer{"call": opened["call"], "payload": hexOf(part)})
	}
	d.must("end", answer{"call": opened["call"]})
	return d.settled(opened)
}

func hexOf(text string) string { return hex.EncodeToString([]byte(text)) }

func result(text string) answer { return answer{"outcome": "result", "payload": hexOf(text)} }

func errorResult(text string) answer { return answer{"outcome": "error", "payload": hexOf(text)} }

func stream(parts ...string) answer {
	inHex := []string{}
	for _, part := range parts {
		inHex = append(inHex, hexOf(part))
	}
	return answer{"outcome": "stream", "ended": true, "parts": inHex}
}

// expect compares as JSON.
func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	gotText, wantText := inJSON(t, got), inJSON(t, want)
	var gotValue, wantValue any
	json.Unmarshal(gotText, &gotValue)
	json.Unmarshal(wantText, &wantValue)
	if !reflect.DeepEqual(gotValue, wantValue) {
		t.Errorf("%s:\n got %s\nwant %s", what, bytes.TrimSpace(gotText), bytes.TrimSpace(wantText))
	}
}

func inJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
