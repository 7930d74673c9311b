// An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line.
// The page "Adapters" of the suite defines the commands. To test the implementation, build this program with
// go build -o adapter, and run in a clone of the suite:
//
//	npx -y deno task conformance --adapter /path/to/adapter
//
// Commands that are not written yet are skipped. decode and encode are a good start; the runner uses them only
// if "codec" is among the features.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

type answer map[string]any

// description describes the implementation. Add to the lists what it supports.
var description = answer{
	"implementation": answer{"name": "my-gotalk", "version": "0.0.0", "language": "go"},
	"roles":          answer{}, // {"acceptor": ["tcp"], "initiator": ["tcp"]}
	"versions":       []string{"01"},
	"operations":     []string{}, // the standard operations: "echo", "fail", …
	"limits":         answer{"name": 4095, "payload": uint32(1<<32 - 1)},
	"features":       []string{}, // "codec", "streams", …
}

// command has the arguments of the commands that are written; bytes are hexadecimal digits.
type command struct {
	Seq      *int64 `json:"seq"`
	Command  string `json:"command"`
	Protocol int    `json:"protocol"`
}

// skipped is the error for something that the implementation cannot do.
type skipped string

func (s skipped) Error() string { return string(s) }

func start(c command) (answer, error) {
	if c.Protocol != 1 {
		return nil, fmt.Errorf("protocol is %d, wanted 1", c.Protocol)
	}
	return description, nil
}

func notWritten(command) (answer, error) {
	return nil, skipped("this adapter does not do that yet")
}

func nothing(command) (answer, error) {
	return answer{}, nil
}

var commands = map[string]func(command) (answer, error){
	"start": start,
	// chunks, handshake?, end?, limits? -> {"messages": [{"chunk", "message"}], "refused"?}
	"decode": notWritten,
	// message? -> {"bytes": "3031"} or {"refused": {"reason"}}
	"encode":      notWritten,
	"listen":      notWritten,
	"connect":     notWritten,
	"request":     notWritten,
	"notify":      notWritten,
	"open-stream": notWritten,
	"write":       notWritten,
	"end":         notWritten,
	"cancel":      notWritten,
	"report":      notWritten,
	"close":       notWritten,
	"drain":       notWritten,
	"advance":     notWritten,
	"reset":       nothing, // Close all listeners and connections here.
	"stop":        nothing,
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var c command
		if err := json.Unmarshal(line, &c); err != nil {
			say(c, nil, err)
		} else if c.Command == "stop" {
			say(c, answer{}, nil)
			return
		} else if carryOut, known := commands[c.Command]; known {
			// A command may wait, so the next one is read before it is answered.
			go func() {
				result, err := carryOut(c)
				say(c, result, err)
			}()
		} else {
			say(c, nil, fmt.Errorf("unknown command %q", c.Command))
		}
	}
}

var saying sync.Mutex

func say(c command, result answer, err error) {
	full := answer{"seq": c.Seq}
	var reason skipped
	if errors.As(err, &reason) {
		full["skipped"] = answer{"reason": string(reason)}
	} else if err != nil {
		full["errored"] = answer{"message": err.Error()}
	}
	for key, value := range result {
		full[key] = value
	}
	saying.Lock()
	defer saying.Unlock()
	json.NewEncoder(os.Stdout).Encode(full)
}
