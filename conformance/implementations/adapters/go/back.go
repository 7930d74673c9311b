package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/rsms/gotalk"
)

// addBackOperations adds the operations that send something back, or later.
func addBackOperations(h *gotalk.Handlers) {
	h.HandleBufferRequest("call-back", callBack)
	h.HandleBufferRequest("echo-later", echoLater)
	h.HandleBufferRequest("notify-back", func(sock *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		in, err := parseBack(payload)
		if err != nil {
			return nil, err
		}
		return []byte("ok"), sock.BufferNotify(in.Name, in.bytes)
	})
	h.HandleBufferRequest("stream-back", func(sock *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		in, err := parseBack(payload)
		if err != nil {
			return nil, err
		}
		stream, responses := sock.StreamRequest(in.Operation)
		if err := stream.Write(in.bytes); err != nil {
			return nil, err
		}
		if err := stream.End(); err != nil {
			return nil, err
		}
		var all []byte
		err = eachResponse(sock, responses, func(part []byte) error {
			all = append(all, part...)
			return nil
		})
		return all, err
	})
	h.HandleStreamRequest("stream-back", relay)
	h.HandleStreamRequest("count-fail", func(sock *gotalk.Sock, _ string, parts chan []byte, out io.WriteCloser) error {
		text, err := joined(sock, parts)
		if err != nil {
			return err
		}
		var in struct{ Text string }
		if err := json.Unmarshal(text, &in); err != nil {
			return err
		}
		if err := writeCounted(text, out); err != nil {
			return err
		}
		return errors.New(in.Text)
	})
}

// back is the argument of an operation that sends something back.
type back struct {
	Operation, Name, Payload, Hex string
	bytes                         []byte
}

func parseBack(argument []byte) (back, error) {
	var in back
	if err := json.Unmarshal(argument, &in); err != nil {
		return in, err
	}
	in.bytes = []byte(in.Payload)
	if in.Hex != "" {
		var err error
		if in.bytes, err = hex.DecodeString(in.Hex); err != nil {
			return in, err
		}
	}
	return in, nil
}

// callBack sends a request to the remote peer. The library returns an ErrorResult as an error whose text is the payload,
// so it is passed on unchanged.
func callBack(sock *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
	in, err := parseBack(payload)
	if err != nil {
		return nil, err
	}
	return sock.BufferRequest(in.Operation, in.bytes)
}

func echoLater(sock *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
	const digits = 4
	if len(payload) < digits {
		return nil, fmt.Errorf("cannot wait: %d bytes, wanted at least %d", len(payload), digits)
	}
	ms, err := strconv.ParseUint(string(payload[:digits]), 10, 32)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(milliseconds(uint32(ms))):
		return payload[digits:], nil
	case <-peerOf(sock).closed:
		return nil, gotalk.ErrSockClosed
	}
}

// relay sends the parts behind the first one back, as a stream, and answers with the parts of its result.
func relay(sock *gotalk.Sock, _ string, parts chan []byte, out io.WriteCloser) error {
	var stream *gotalk.StreamRequest
	var in *back
	results := make(chan error, 1)
	open := func() {
		if stream != nil {
			return
		}
		var responses chan gotalk.Response
		stream, responses = sock.StreamRequest(in.Operation)
		go func() {
			results <- eachResponse(sock, responses, func(part []byte) error {
				_, err := out.Write(part)
				return err
			})
		}()
	}
	err := each(sock, parts, func(part []byte) error {
		if in == nil {
			parsed, err := parseBack(part)
			in = &parsed
			return err
		}
		open()
		return stream.Write(part)
	})
	if err != nil {
		return err
	}
	if in == nil {
		return errors.New("cannot open a stream: no part, wanted one that names the operation")
	}
	open()
	if err := stream.End(); err != nil {
		return err
	}
	return <-results
}

// eachResponse reads the parts of a result to their end, which is nil, or an error.
func eachResponse(sock *gotalk.Sock, responses chan gotalk.Response, take func([]byte) error) error {
	for {
		select {
		case response := <-responses:
			if response.IsError() || response.IsRetry() {
				return errors.New(string(response.Data))
			}
			if len(response.Data) > 0 {
				if err := take(response.Data); err != nil {
					return err
				}
			}
			if !response.IsStreaming() || len(response.Data) == 0 {
				return nil
			}
		case <-peerOf(sock).closed:
			return gotalk.ErrSockClosed
		}
	}
}
