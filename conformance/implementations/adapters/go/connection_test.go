package main

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/rsms/gotalk"
)

func TestNotifications(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			acceptor, initiator := d.pair(transport, nil, nil)
			for from, to := range map[string]string{acceptor: initiator, initiator: acceptor} {
				notes := []any{}
				for _, name := range []string{"first", "second"} {
					d.must("notify", answer{"connection": from, "name": name, "payload": hexOf("of two")})
					notes = append(notes, answer{"name": name, "payload": hexOf("of two")})
				}
				reported := d.must("report", answer{"connection": to, "notes": 2, "timeout": bound.Milliseconds()})
				expect(t, "report", reported["notes"], notes)
				expect(t, "operation", d.outcome(from, "notes", ""), result(string(inJSON(t, notes))))
			}
		})
	}
}

// The library handles notifications one by one while it reads nothing, so the answer never comes.
func TestAskHoldsUpItsConnection(t *testing.T) {
	d := drive(t)
	acceptor, initiator := d.pair("tcp", nil, nil)
	asked := hexOf(`{"operation":"echo","payload":"hi"}`)
	d.must("notify", answer{"connection": initiator, "name": "ask", "payload": asked})
	reported := d.must("report", answer{"connection": acceptor, "notes": 1, "timeout": bound.Milliseconds()})
	expect(t, "notes", reported["notes"], []any{answer{"name": "ask", "payload": asked}})
	echoed := d.must("request", answer{"connection": initiator, "operation": "echo"})
	expect(t, "echo", d.must("report", answer{"call": echoed["call"], "timeout": 50}), answer{"outcome": "pending"})
}

func TestHeartbeats(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			often := answer{"heartbeatInterval": 5}
			acceptor, initiator := d.pair(transport, often, often)
			before := time.Now().Unix()
			for _, connection := range []string{acceptor, initiator} {
				reported := d.must("report", answer{"connection": connection, "heartbeats": 3, "timeout": bound.Milliseconds()})
				heartbeats := reported["heartbeats"].([]any)
				if len(heartbeats) < 3 {
					t.Fatalf("%d heartbeats came", len(heartbeats))
				}
				if at := heartbeats[0].(map[string]any)["time"].(float64); int64(at) < before-1 || int64(at) > time.Now().Unix() {
					t.Errorf("the time of the heartbeat is %v", at)
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			limited := answer{"maxConcurrentRequests": 1, "maxConcurrentStreams": 1, "overloadWait": []int{7, 8}}
			_, initiator := d.pair(transport, limited, nil)
			held := d.must("request", answer{"connection": initiator, "operation": "hold"})
			refused := answer{"outcome": "retry", "wait": 7, "payload": hexOf("request rate limit")}
			expect(t, "one more request", d.outcome(initiator, "echo", "hi"), refused)
			expect(t, "the request held", d.must("report", answer{"call": held["call"]}), answer{"outcome": "pending"})

			first := d.must("open-stream", answer{"connection": initiator, "operation": "stream-echo"})
			d.must("write", answer{"call": first["call"], "payload": hexOf("a")})
			d.must("report", answer{"call": first["call"], "parts": 1, "timeout": bound.Milliseconds()})
			second := d.must("open-stream", answer{"connection": initiator, "operation": "stream-echo"})
			d.must("write", answer{"call": second["call"], "payload": hexOf("a")})
			refused["parts"] = []string{}
			expect(t, "one more stream", d.settled(second), refused)
		})
	}
}

func TestRetryIsTheLibrarysOwn(t *testing.T) {
	d := drive(t)
	_, initiator := d.pair("tcp", answer{"maxConcurrentRequests": 1, "overloadWait": []int{1, 2}}, nil)
	delayed := d.must("request", answer{"connection": initiator, "operation": "delay", "payload": hexOf(`{"ms":30}`)})
	repeated := d.must("request", answer{"connection": initiator, "operation": "echo", "payload": hexOf("hi"), "retry": true})
	expect(t, "the request that was refused", d.settled(repeated), result("hi"))
	expect(t, "the request before", d.settled(delayed), result("ok"))
}

func TestStreamsAreOffUnlessAsked(t *testing.T) {
	d := drive(t)
	_, initiator := d.pair("tcp", nil, nil)
	opened := d.must("open-stream", answer{"connection": initiator, "operation": "stream-echo"})
	d.must("write", answer{"call": opened["call"], "payload": hexOf("a")})
	refused := errorResult("stream requests not supported")
	refused["parts"] = []string{}
	expect(t, "a stream", d.settled(opened), refused)
}

func TestReadTimeout(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			acceptor, initiator := d.pair(transport, answer{"readTimeout": 100}, answer{"heartbeatInterval": 0})
			held := d.must("request", answer{"connection": initiator, "operation": "hold"})
			expect(t, "the call", d.settled(held), answer{"outcome": "closed", "message": "timeout"})
			for _, connection := range []string{acceptor, initiator} {
				reported := d.must("report", answer{"connection": connection, "timeout": bound.Milliseconds()})
				expect(t, "the code, as the library reports it", reported["code"], gotalk.ProtocolErrorTimeout+1)
			}
		})
	}
}

func TestClose(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			closed := answer{"outcome": "closed", "message": "socket closed"}

			acceptor, initiator := d.pair(transport, streams, streams)
			held := d.must("request", answer{"connection": initiator, "operation": "hold"})
			opened := d.must("open-stream", answer{"connection": initiator, "operation": "stream-echo"})
			d.must("write", answer{"call": opened["call"], "payload": hexOf("a")})
			d.must("report", answer{"call": opened["call"], "parts": 1, "timeout": bound.Milliseconds()})
			reported := d.must("close", answer{"connection": acceptor})
			expect(t, "close", reported["state"], "closed")
			expect(t, "the code, as the library reports it", reported["code"], 0)
			expect(t, "the call", d.settled(held), closed)
			cut := answer{"outcome": "closed", "message": "socket closed", "parts": []string{hexOf("a")}}
			expect(t, "the stream", d.settled(opened), cut)
			reported = d.must("report", answer{"connection": initiator, "timeout": bound.Milliseconds()})
			expect(t, "the other end", reported["state"], "closed")
			expect(t, "close again", d.must("close", answer{"connection": acceptor})["state"], "closed")
			expect(t, "a call afterwards", d.outcome(initiator, "echo", "hi")["outcome"], "closed")

			_, initiator = d.pair(transport, nil, nil)
			expect(t, "close-after", d.outcome(initiator, "close-after", "bye"), result("bye"))
			reported = d.must("report", answer{"connection": initiator, "timeout": bound.Milliseconds()})
			expect(t, "after close-after", reported["state"], "closed")
		})
	}
}

func TestDrain(t *testing.T) {
	d := drive(t)
	// With a read timeout, a message that arrives makes the library forget when to close.
	_, initiator := d.pair("tcp", streams, answer{"readTimeout": 0})
	opened := d.must("open-stream", answer{"connection": initiator, "operation": "stream-echo"})
	d.must("write", answer{"call": opened["call"], "payload": hexOf("a")})
	d.must("report", answer{"call": opened["call"], "parts": 1, "timeout": bound.Milliseconds()})
	drained := d.send("drain", answer{"connection": initiator, "timeout": 500})
	d.must("write", answer{"call": opened["call"], "payload": hexOf("b")})
	d.must("end", answer{"call": opened["call"]})
	expect(t, "the stream that ran", d.settled(opened), stream("a", "b"))
	expect(t, "drain", drained()["state"], "closed")

	_, initiator = d.pair("websocket", nil, nil)
	if d.ask("drain", answer{"connection": initiator})["skipped"] == nil {
		t.Error("drain on a WebSocket was not skipped")
	}
}

func TestFailedConnections(t *testing.T) {
	d := drive(t)
	listener := d.must("listen", answer{"transport": "tcp"})
	d.must("close", answer{"listener": listener["listener"]})
	refused := d.must("connect", answer{"address": listener["address"]})
	expect(t, "state", refused["state"], "closed")
	if refused["message"] == nil {
		t.Error("the reason is missing")
	}
	expect(t, "a call", d.outcome(refused["connection"].(string), "echo", "hi")["outcome"], "closed")
	expect(t, "close", d.must("close", answer{"connection": refused["connection"]})["state"], "closed")
}

func TestAnotherVersion(t *testing.T) {
	d := drive(t)
	refused := d.must("connect", answer{"address": "tcp://" + newGreeting(t, "02")})
	expect(t, "state", refused["state"], "closed")
	expect(t, "reason", refused["message"], `unsupported protocol version "02"`)
}

// A connection whose peer sends nothing is reported as such, and cannot be used.
func TestConnectingForEver(t *testing.T) {
	d := drive(t)
	silent := newGreeting(t, "")
	connecting := d.must("connect", answer{"address": "tcp://" + silent, "timeout": 50})
	expect(t, "state", connecting["state"], "connecting")
	if d.ask("request", answer{"connection": connecting["connection"], "operation": "echo"})["errored"] == nil {
		t.Error("a request was made on a connection that is not open")
	}
	d.must("reset", nil)
}

func TestReset(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d, other := drive(t), drive(t)
			listener := d.must("listen", answer{"transport": transport})
			connected := other.must("connect", answer{"address": listener["address"]})
			d.must("reset", nil)
			reported := other.must("report", answer{"connection": connected["connection"], "timeout": bound.Milliseconds()})
			expect(t, "the other end", reported["state"], "closed")
			if d.ask("report", answer{"listener": listener["listener"]})["errored"] == nil {
				t.Error("the handle is still known")
			}
			again := other.must("connect", answer{"address": listener["address"]})
			expect(t, "a new connection", again["state"], "closed")
		})
	}
}

// newGreeting is the address of a server that sends a text on each connection and nothing more.
func newGreeting(t *testing.T, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, conn)
			io.WriteString(conn, text)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
		for _, conn := range open {
			conn.Close()
		}
	})
	return l.Addr().String()
}
