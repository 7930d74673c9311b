package main

import (
	"fmt"
	"strconv"
)

// The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
// your own implementation in main.go instead.

// invalidMessage is the code of a ProtocolError for bytes that are no message.
const invalidMessage = 2

// message is a message. Add the fields of the other kinds.
type message struct {
	Kind string `json:"kind"`
	Load int64  `json:"load"`
	Time int64  `json:"time"`
}

// refused is the error for bytes that are refused, and for messages that cannot be written.
type refused struct {
	reason string
	code   int // 0 if there is none
}

func (r refused) Error() string { return r.reason }

// decoder reads messages from bytes that arrive in pieces.
type decoder struct {
	bytes []byte
}

// decode takes bytes, and returns the messages that are complete with them. What precedes an error is returned
// with it.
func (d *decoder) decode(chunk []byte) ([]message, error) {
	d.bytes = append(d.bytes, chunk...)
	var messages []message
	for len(d.bytes) > 0 {
		if d.bytes[0] != 'h' {
			return messages, refused{"unknown-kind", invalidMessage}
		}
		load, complete, err := d.number(1, 4)
		if err != nil || !complete {
			return messages, err
		}
		time, complete, err := d.number(5, 8)
		if err != nil || !complete {
			return messages, err
		}
		d.bytes = d.bytes[13:]
		messages = append(messages, message{"Heartbeat", load, time})
	}
	return messages, nil
}

// number returns the number in hexadecimal digits at an offset; it is not complete if some are yet to arrive.
func (d *decoder) number(offset, digits int) (number int64, complete bool, err error) {
	for at := offset; at < offset+digits; at++ {
		if at >= len(d.bytes) {
			return 0, false, nil
		}
		digit, err := strconv.ParseInt(string(d.bytes[at:at+1]), 16, 64)
		if err != nil {
			return 0, false, refused{"bad-hex", invalidMessage}
		}
		number = number<<4 | digit
	}
	return number, true, nil
}

// encode returns the bytes of a message.
func encode(m message) ([]byte, error) {
	if m.Kind != "Heartbeat" {
		return nil, fmt.Errorf("cannot write a %s yet", m.Kind)
	}
	if m.Load < 0 || m.Load > 0xffff || m.Time < 0 || m.Time > 0xffffffff {
		return nil, refused{reason: "out-of-range"}
	}
	return fmt.Appendf(nil, "h%04x%08x", m.Load, m.Time), nil
}
