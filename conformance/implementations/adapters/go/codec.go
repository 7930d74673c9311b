package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/rsms/gotalk"
)

// message is a message of the protocol as JSON; which fields it has depends on its kind.
type message struct {
	Kind      string      `json:"kind"`
	ID        hexadecimal `json:"id,omitzero"`
	Operation hexadecimal `json:"operation,omitzero"`
	Name      hexadecimal `json:"name,omitzero"`
	Wait      *int64      `json:"wait,omitzero"`
	Load      *int64      `json:"load,omitzero"`
	Time      *int64      `json:"time,omitzero"`
	Code      *int64      `json:"code,omitzero"`
	Payload   hexadecimal `json:"payload,omitzero"`
}

var kinds = map[gotalk.MsgType]string{
	gotalk.MsgTypeSingleReq:     "SingleRequest",
	gotalk.MsgTypeStreamReq:     "StreamRequest",
	gotalk.MsgTypeStreamReqPart: "StreamRequestPart",
	gotalk.MsgTypeSingleRes:     "SingleResult",
	gotalk.MsgTypeStreamRes:     "StreamResult",
	gotalk.MsgTypeErrorRes:      "ErrorResult",
	gotalk.MsgTypeRetryRes:      "RetryResult",
	gotalk.MsgTypeNotification:  "Notification",
	gotalk.MsgTypeHeartbeat:     "Heartbeat",
	gotalk.MsgTypeProtocolError: "ProtocolError",
}

func letterOf(kind string) (gotalk.MsgType, error) {
	for letter, name := range kinds {
		if name == kind {
			return letter, nil
		}
	}
	return 0, fmt.Errorf("cannot encode: kind is %q, wanted a message kind", kind)
}

// refuse returns the error for something that the library does not write. The library refuses by its types and by panics.
type refuse string

func (r refuse) Error() string { return string(r) }

// encode returns the bytes of a message, as the library writes them to its sockets.
func encode(m message) (encoded []byte, err error) {
	letter, err := letterOf(m.Kind)
	if err != nil {
		return nil, err
	}
	if letter == gotalk.MsgTypeHeartbeat {
		return nil, skip("the library takes the time of a heartbeat from the clock")
	}
	wait, err := number("wait", m.Wait)
	if err != nil {
		return nil, err
	}
	size := uint32(len(m.Payload))
	if letter == gotalk.MsgTypeProtocolError {
		if size, err = number("code", m.Code); err != nil {
			return nil, err
		}
	}
	defer func() {
		if fault := recover(); fault != nil {
			err = refuse(fmt.Sprint("panic: ", fault))
		}
	}()
	name := m.Operation
	if letter == gotalk.MsgTypeNotification {
		name = m.Name
	}
	header := gotalk.MakeMsg(letter, string(m.ID), string(name), wait, size)
	return append(header, m.Payload...), nil
}

// number is 0 when there is none.
func number(field string, n *int64) (uint32, error) {
	if n == nil {
		return 0, nil
	}
	if *n < 0 || *n > math.MaxUint32 {
		return 0, refuse(fmt.Sprintf("%s is %d, the library takes 32 bits", field, *n))
	}
	return uint32(*n), nil
}

// encodeVersion returns the bytes that open a conversation.
func encodeVersion() ([]byte, error) {
	var b bytes.Buffer
	_, err := gotalk.WriteVersion(&b)
	return b.Bytes(), err
}

// decoded is a message and the index of the chunk that completed it.
type decoded struct {
	Chunk   int     `json:"chunk"`
	Message message `json:"message"`
}

// refusal is the reason why the bytes cannot be read further.
type refusal struct {
	Chunk  int    `json:"chunk"`
	Reason string `json:"reason"`
	Code   *int   `json:"code,omitzero"`
}

// decode reads messages from chunks until they are used up or refused.
func decode(chunks *chunkReader, handshake bool) ([]decoded, *refusal) {
	messages := []decoded{}
	if handshake {
		if _, err := gotalk.ReadVersion(chunks); err != nil {
			return messages, refused(chunks, err)
		}
	}
	buffer := make([]byte, 128) // the size that the library's sockets use; it grows beyond
	for {
		chunks.taken = 0
		m, err := readMessage(chunks, buffer)
		if err == io.EOF && chunks.taken == 0 {
			return messages, nil
		}
		if err != nil {
			return messages, refused(chunks, err)
		}
		messages = append(messages, decoded{chunks.index, m})
	}
}

var errUnknownKind = errors.New("unknown message type")

// readMessage reads a header with the library, and the payload without it: the library reserves the announced size.
func readMessage(chunks *chunkReader, buffer []byte) (message, error) {
	letter, id, name, wait, size, err := gotalk.ReadMsg(chunks, buffer)
	if err != nil {
		return message{}, err
	}
	m := message{Kind: kinds[letter]}
	switch letter {
	case gotalk.MsgTypeHeartbeat:
		m.Load, m.Time = wide(wait), wide(size)
		return m, nil
	case gotalk.MsgTypeProtocolError:
		m.Code = wide(size)
		return m, nil
	case gotalk.MsgTypeNotification:
		m.Name = copied([]byte(name))
	case gotalk.MsgTypeSingleReq, gotalk.MsgTypeStreamReq:
		m.ID, m.Operation = copied([]byte(id)), copied([]byte(name))
	case gotalk.MsgTypeRetryRes:
		m.ID, m.Wait = copied([]byte(id)), wide(wait)
	default:
		if m.Kind == "" {
			return m, errUnknownKind
		}
		m.ID = copied([]byte(id))
	}
	var payload bytes.Buffer
	_, err = io.CopyN(&payload, chunks, int64(size))
	m.Payload = copied(payload.Bytes())
	return m, err
}

func wide(n uint32) *int64 {
	wide := int64(n)
	return &wide
}

// refused returns nil if only bytes are missing.
func refused(chunks *chunkReader, err error) *refusal {
	if err == errMoreToCome {
		return nil
	}
	r := &refusal{Chunk: max(0, chunks.index), Reason: err.Error()}
	if err == errUnknownKind { // the one refusal that the library's sockets answer with a code
		code := gotalk.ProtocolErrorInvalidMsg
		r.Code = &code
	}
	return r
}

// chunkReader returns bytes of one chunk at a time.
type chunkReader struct {
	chunks []hexadecimal
	ended  bool // whether the input ends after the last chunk
	index  int  // the chunk that was last taken from, -1 for none
	taken  int
	rest   []byte
}

var errMoreToCome = errors.New("more to come")

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.index+1 == len(r.chunks) {
			if r.ended {
				return 0, io.EOF
			}
			return 0, errMoreToCome
		}
		r.index++
		r.rest = r.chunks[r.index]
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.taken += n
	return n, nil
}
