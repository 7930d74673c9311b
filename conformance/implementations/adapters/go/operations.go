package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/rsms/gotalk"
)

// operations are the standard operations, for both roles. The library cannot send a RetryResult from a handler, so there
// is no "retry".
var operations = standardOperations()

var operationNames = []string{
	"call-back", "close-after", "count", "count-fail", "crash", "delay", "echo", "echo-later", "fail", "hold", "ignore", "notes",
	"notify-back", "size", "stream-back", "stream-echo", "stream-length",
}

// largest is the largest payload that size and count create, in bytes.
const largest = 64 << 20

func standardOperations() *gotalk.Handlers {
	h := &gotalk.Handlers{}
	h.HandleBufferRequest("echo", func(_ *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		return payload, nil
	})
	h.HandleBufferRequest("fail", func(_ *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		return nil, errors.New(string(payload))
	})
	h.HandleBufferRequest("delay", delay)
	h.HandleBufferRequest("hold", func(sock *gotalk.Sock, _ string, _ []byte) ([]byte, error) {
		<-peerOf(sock).closed
		return nil, gotalk.ErrSockClosed
	})
	h.HandleBufferRequest("size", func(_ *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		var in struct{ Bytes int }
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		return fill(in.Bytes)
	})
	addBackOperations(h)
	h.HandleBufferRequest("crash", func(_ *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		panic(string(payload))
	})
	h.HandleBufferRequest("notes", func(sock *gotalk.Sock, _ string, _ []byte) ([]byte, error) {
		return json.Marshal(append([]note{}, peerOf(sock).state.get().notes...))
	})
	h.HandleBufferRequest("close-after", func(sock *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		if len(payload) == 0 {
			payload = []byte("ok")
		}
		peerOf(sock).closeAfter(payload)
		return payload, nil
	})
	h.HandleBufferNotification("", func(sock *gotalk.Sock, name string, payload []byte) {
		peerOf(sock).note(name, payload)
	})
	h.HandleBufferNotification("crash", func(sock *gotalk.Sock, name string, payload []byte) {
		peerOf(sock).note(name, payload)
		panic("crash")
	})
	h.HandleBufferNotification("ask", func(sock *gotalk.Sock, name string, payload []byte) {
		peerOf(sock).note(name, payload)
		if result, err := callBack(sock, name, payload); err == nil {
			peerOf(sock).note("asked", result)
		}
	})
	h.HandleStreamRequest("hold", func(sock *gotalk.Sock, _ string, _ chan []byte, _ io.WriteCloser) error {
		<-peerOf(sock).closed
		return gotalk.ErrSockClosed
	})
	h.HandleStreamRequest("ignore", func(_ *gotalk.Sock, _ string, _ chan []byte, out io.WriteCloser) error {
		_, err := io.WriteString(out, "ok")
		return err
	})
	h.HandleStreamRequest("crash", func(*gotalk.Sock, string, chan []byte, io.WriteCloser) error {
		panic("inside-of-the-program")
	})
	h.HandleStreamRequest("stream-echo", func(sock *gotalk.Sock, _ string, parts chan []byte, out io.WriteCloser) error {
		return each(sock, parts, func(part []byte) error {
			_, err := out.Write(part)
			return err
		})
	})
	h.HandleStreamRequest("stream-length", streamLength)
	h.HandleStreamRequest("count", count)
	h.HandleStreamRequest("fail", func(sock *gotalk.Sock, _ string, parts chan []byte, _ io.WriteCloser) error {
		text, err := joined(sock, parts)
		if err != nil {
			return err
		}
		return errors.New(string(text))
	})
	return h
}

func delay(sock *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
	in := struct {
		Milliseconds uint32 `json:"ms"`
		Payload      string
	}{Payload: "ok"}
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	select {
	case <-time.After(milliseconds(in.Milliseconds)):
		return []byte(in.Payload), nil
	case <-peerOf(sock).closed:
		return nil, gotalk.ErrSockClosed
	}
}

func streamLength(sock *gotalk.Sock, _ string, parts chan []byte, out io.WriteCloser) error {
	length := 0
	err := each(sock, parts, func(part []byte) error {
		length += len(part)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, strconv.Itoa(length))
	return err
}

func count(sock *gotalk.Sock, _ string, parts chan []byte, out io.WriteCloser) error {
	text, err := joined(sock, parts)
	if err != nil {
		return err
	}
	return writeCounted(text, out)
}

// writeCounted answers with the parts that the argument of count asks for.
func writeCounted(argument []byte, out io.WriteCloser) error {
	var in struct {
		Parts int
		Bytes *int
	}
	if err := json.Unmarshal(argument, &in); err != nil {
		return err
	}
	var filling []byte
	if in.Bytes != nil {
		var err error
		if filling, err = fill(*in.Bytes); err != nil {
			return err
		}
	}
	for i := range in.Parts {
		part := filling
		if in.Bytes == nil {
			part = []byte(strconv.Itoa(i + 1))
		}
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// fill returns the letters a to z, repeated.
func fill(length int) ([]byte, error) {
	if length < 0 || length > largest {
		return nil, fmt.Errorf("cannot make a payload: %d bytes, wanted 0 to %d", length, largest)
	}
	b := make([]byte, length)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b, nil
}

// each reads the parts of a request to their end, which is nil. The library does not report to a handler that the
// connection is closed; the peer does. A request may open without data, which is not a part.
func each(sock *gotalk.Sock, parts chan []byte, take func([]byte) error) error {
	for {
		select {
		case part := <-parts:
			if part == nil {
				return nil
			}
			if len(part) == 0 {
				continue
			}
			if err := take(part); err != nil {
				return err
			}
		case <-peerOf(sock).closed:
			return gotalk.ErrSockClosed
		}
	}
}

func joined(sock *gotalk.Sock, parts chan []byte) ([]byte, error) {
	var all []byte
	err := each(sock, parts, func(part []byte) error {
		all = append(all, part...)
		return nil
	})
	return all, err
}
