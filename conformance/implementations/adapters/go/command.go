package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// command is a command of the runner, with the arguments of all commands.
type command struct {
	Seq     *int64 `json:"seq"`
	Command string `json:"command"`

	Protocol  int             `json:"protocol"`
	Version   string          `json:"version"`
	Message   *message        `json:"message"`
	Chunks    []hexadecimal   `json:"chunks"`
	Handshake bool            `json:"handshake"`
	End       bool            `json:"end"`
	Limits    sizes           `json:"limits"`
	Transport string          `json:"transport"`
	Address   string          `json:"address"`
	Options   json.RawMessage `json:"options"`

	Listener   string `json:"listener"`
	Connection string `json:"connection"`
	Call       string `json:"call"`

	Operation string      `json:"operation"`
	Name      string      `json:"name"`
	Payload   hexadecimal `json:"payload"`
	Retry     bool        `json:"retry"`

	Timeout     *uint32 `json:"timeout"`
	Connections int     `json:"connections"`
	Notes       int     `json:"notes"`
	Heartbeats  int     `json:"heartbeats"`
	Parts       int     `json:"parts"`
}

// sizes are limits, in bytes.
type sizes struct {
	Name    *int64 `json:"name"`
	Payload *int64 `json:"payload"`
}

func (s sizes) areBelow(name, payload int64) bool {
	return s.Name != nil && *s.Name < name || s.Payload != nil && *s.Payload < payload
}

func parseCommand(line []byte) (command, error) {
	var c command
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		// The error may precede the number, without which the answer could not be matched.
		var numbered struct{ Seq *int64 }
		json.Unmarshal(line, &numbered)
		return command{Seq: numbered.Seq}, fmt.Errorf("cannot read the command: %w", err)
	}
	return c, nil
}

// limit returns how long a command may wait.
func (c command) limit(otherwise time.Duration) time.Duration {
	if c.Timeout == nil {
		return otherwise
	}
	return milliseconds(*c.Timeout)
}
