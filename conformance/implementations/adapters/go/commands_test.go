package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rsms/gotalk"
)

func TestStart(t *testing.T) {
	d := drive(t)
	started := d.must("start", answer{"protocol": 1})
	expect(t, "version", started["implementation"].(map[string]any)["version"], gotalk.Version)
	for _, name := range operationNames {
		if operations.FindBufferRequestHandler(name) == nil && operations.FindStreamRequestHandler(name) == nil {
			t.Errorf("the operation %q is declared and missing", name)
		}
	}
	if d.ask("start", answer{"protocol": 2})["errored"] == nil {
		t.Error("a protocol that does not exist was accepted")
	}
}

// The library panics on such a name with its write lock taken; the adapter has to outlive that.
func TestNamesThatAreTooLong(t *testing.T) {
	d := drive(t)
	long := strings.Repeat("x", 4096)
	_, initiator := d.pair("tcp", nil, nil)
	if d.ask("request", answer{"connection": initiator, "operation": long})["errored"] == nil {
		t.Error("the operation was accepted")
	}
	d.send("notify", answer{"connection": initiator, "name": "never written"})
	expect(t, "reset", d.must("reset", nil), answer{})
	_, initiator = d.pair("tcp", nil, nil)
	patient := d.must("request", answer{"connection": initiator, "operation": long, "retry": true})
	expect(t, "a request that the library may repeat", d.settled(patient)["outcome"], "failed")
	_, initiator = d.pair("tcp", nil, nil)
	if d.ask("notify", answer{"connection": initiator, "name": long})["errored"] == nil {
		t.Error("the name was accepted")
	}
}

func TestWhatTheLibraryCannotDo(t *testing.T) {
	d := drive(t)
	skipped := []struct {
		command   string
		arguments answer
	}{
		{"cancel", answer{"call": "call-1"}},
		{"listen", answer{"transport": "carrier-pigeon"}},
		{"listen", answer{"transport": "tcp", "options": answer{"colour": "red"}}},
		{"listen", answer{"transport": "tcp", "options": answer{"overloadWait": []int{5, 5}}}},
		{"connect", answer{"address": "wss://localhost/"}},
		{"encode", answer{"version": "00"}},
		{"encode", answer{"message": answer{"kind": "Heartbeat", "load": 1, "time": 2}}},
		{"decode", answer{"version": "00", "chunks": []string{}}},
	}
	for _, s := range skipped {
		if d.ask(s.command, s.arguments)["skipped"] == nil {
			t.Errorf("%s %v was not skipped", s.command, s.arguments)
		}
	}
}

func TestMistakesOfTheRunner(t *testing.T) {
	d := drive(t)
	_, initiator := d.pair("tcp", nil, nil)
	called := d.must("request", answer{"connection": initiator, "operation": "hold"})
	mistakes := []struct {
		command   string
		arguments answer
	}{
		{"dance", nil},
		{"start", answer{"protocol": 1, "tempo": "allegro"}},
		{"request", answer{"connection": "connection-99", "operation": "echo"}},
		{"request", answer{"connection": called["call"], "operation": "echo"}},
		{"request", answer{"connection": initiator, "operation": "echo", "payload": "xyz"}},
		{"write", answer{"call": called["call"]}},
		{"report", nil},
		{"connect", answer{"address": ":"}},
		{"encode", answer{"message": answer{"kind": "Greeting"}}},
	}
	for _, m := range mistakes {
		if d.ask(m.command, m.arguments)["errored"] == nil {
			t.Errorf("%s %v was not answered with errored", m.command, m.arguments)
		}
	}
	if _, err := io.WriteString(d.in, "this is not JSON\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case a := <-d.waiting(0): // no seq
		if a["errored"] == nil {
			t.Errorf("a line that is not JSON: %v", a)
		}
	case <-time.After(bound):
		t.Error("a line that is not JSON was not answered")
	}
}
