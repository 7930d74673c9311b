// An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
// reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
// skipped; their cases fail or do not apply. Write to standard error whatever you like to see.
package main

import (
	"bufio"
	"encoding/hex"
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
	"features":       []string{"codec"}, // "streams", "heartbeat", …
}

// command has the arguments of the commands that are written; bytes are hexadecimal digits.
type command struct {
	Seq       *int64   `json:"seq"`
	Command   string   `json:"command"`
	Protocol  int      `json:"protocol"`
	Chunks    []string `json:"chunks"`
	Handshake bool     `json:"handshake"`
	End       bool     `json:"end"`
	Limits    any      `json:"limits"`
	Message   *message `json:"message"`
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

func decodeChunks(c command) (answer, error) {
	if c.Handshake || c.End || c.Limits != nil {
		return notWritten(c)
	}
	var d decoder
	delivered := []answer{}
	for index, chunk := range c.Chunks {
		bytes, err := hex.DecodeString(chunk)
		if err != nil {
			return nil, err
		}
		messages, err := d.decode(bytes)
		for _, m := range messages {
			delivered = append(delivered, answer{"chunk": index, "message": m})
		}
		var r refused
		if errors.As(err, &r) {
			reason := answer{"chunk": index, "reason": r.reason, "code": r.code}
			return answer{"messages": delivered, "refused": reason}, nil
		}
	}
	return answer{"messages": delivered}, nil
}

func encodeMessage(c command) (answer, error) {
	if c.Message == nil { // the version itself
		return notWritten(c)
	}
	bytes, err := encode(*c.Message)
	var r refused
	if errors.As(err, &r) {
		return answer{"refused": answer{"reason": r.reason}}, nil
	}
	return answer{"bytes": hex.EncodeToString(bytes)}, err
}

func notWritten(command) (answer, error) {
	return nil, skipped("this adapter does not do that yet")
}

func nothing(command) (answer, error) {
	return answer{}, nil
}

var commands = map[string]func(command) (answer, error){
	"start":       start,
	"decode":      decodeChunks,
	"encode":      encodeMessage,
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
			print(c, nil, err)
		} else if c.Command == "stop" {
			print(c, answer{}, nil)
			return
		} else if carryOut, known := commands[c.Command]; known {
			// A command may wait, so the next one is read before it is answered.
			go func() {
				result, err := carryOut(c)
				print(c, result, err)
			}()
		} else {
			print(c, nil, fmt.Errorf("unknown command %q", c.Command))
		}
	}
}

var printing sync.Mutex

func print(c command, result answer, err error) {
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
	printing.Lock()
	defer printing.Unlock()
	json.NewEncoder(os.Stdout).Encode(full)
}
