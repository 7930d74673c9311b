package main

import (
	"fmt"
	"maps"
	"time"

	"github.com/rsms/gotalk"
)

// call is a request to the remote peer, and its outcome.
type call struct {
	state  watched[calling]
	stream *gotalk.StreamRequest // nil for a single request
}

type calling struct {
	outcome answer // nil while there is none
	parts   []hexadecimal
}

// request sends a request once, and returns when it is written. A RetryResult is an outcome like any other.
func (p *peer) request(operation string, payload []byte) *call {
	c := new(call)
	responses := make(chan gotalk.Response, 1)
	if err := p.sock.SendRequest(gotalk.NewRequest(operation, payload), responses); err != nil {
		c.settle(closed(err.Error()))
		return c
	}
	go func() {
		if response := <-responses; response.IsStreaming() {
			c.settle(failed(gotalk.ErrUnexpectedStreamingRes.Error()))
		} else {
			c.settle(p.outcome(response))
		}
	}()
	return c
}

// requestRetrying lets the library repeat the request after each RetryResult.
func (p *peer) requestRetrying(operation string, payload []byte) *call {
	c := new(call)
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				c.settle(failed(fmt.Sprint("panic: ", fault)))
			}
		}()
		result, err := p.sock.BufferRequest(operation, payload)
		if err == nil {
			c.settle(answer{"outcome": "result", "payload": copied(result)})
		} else if response, ok := err.(*gotalk.Response); ok {
			c.settle(p.outcome(*response))
		} else if err == gotalk.ErrUnexpectedStreamingRes {
			c.settle(failed(err.Error()))
		} else {
			c.settle(closed(err.Error()))
		}
	}()
	return c
}

// openStream starts a stream request. The library sends nothing before the first write or the end.
func (p *peer) openStream(operation string) *call {
	stream, responses := p.sock.StreamRequest(operation)
	c := &call{stream: stream}
	go c.receive(p, responses)
	return c
}

// receive takes the results of a stream request. It learns from the peer that the connection is closed: the library
// reports that on the channel too, but only if something waits there at that moment.
func (c *call) receive(p *peer, responses chan gotalk.Response) {
	for {
		var response gotalk.Response
		select {
		case response = <-responses:
		case <-p.closed:
			select {
			case response = <-responses:
			default:
				c.settle(closed(gotalk.ErrSockClosed.Error()))
				return
			}
		}
		if !response.IsStreaming() {
			c.settle(p.outcome(response))
			return
		}
		if len(response.Data) == 0 {
			c.settle(answer{"outcome": "stream", "ended": true})
			return
		}
		c.state.change(func(s *calling) { s.parts = append(s.parts, copied(response.Data)) })
	}
}

// outcome reads a response that is not a part. The library creates an ErrorResult for each pending call when the
// connection closes; only its text, or a protocol error code in place of the wait, distinguishes it from a received one.
func (p *peer) outcome(response gotalk.Response) answer {
	switch {
	case response.IsRetry():
		return answer{"outcome": "retry", "wait": response.Wait.Milliseconds(), "payload": copied(response.Data)}
	case !response.IsError():
		return answer{"outcome": "result", "payload": copied(response.Data)}
	case p.sock.IsClosed() && (response.Wait > 0 || isClosing(response.Error())):
		return closed(response.Error())
	default:
		return answer{"outcome": "error", "payload": copied(response.Data)}
	}
}

func isClosing(text string) bool {
	return text == gotalk.ErrSockClosed.Error() || text == gotalk.ErrAbnormal.Error()
}

func closed(message string) answer {
	return answer{"outcome": "closed", "message": message}
}

func failed(message string) answer {
	return answer{"outcome": "failed", "message": message}
}

func (c *call) settle(outcome answer) {
	c.state.change(func(s *calling) { s.outcome = outcome })
}

// report returns the state of the call once it has settled, or has the given number of parts.
func (c *call) report(limit time.Duration, parts int) answer {
	s := c.state.await(limit, func(s calling) bool {
		return s.outcome != nil || parts > 0 && len(s.parts) >= parts
	})
	if c.stream == nil {
		if s.outcome == nil {
			return answer{"outcome": "pending"}
		}
		return maps.Clone(s.outcome)
	}
	a := answer{"outcome": "stream", "ended": false}
	if s.outcome != nil {
		a = maps.Clone(s.outcome)
	}
	a["parts"] = append([]hexadecimal{}, s.parts...)
	return a
}
