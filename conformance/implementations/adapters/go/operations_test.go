package main

import "testing"

var streams = answer{"streams": true}

func TestOperations(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			acceptor, initiator := d.pair(transport, streams, streams)
			for role, connection := range map[string]string{"initiator asks": initiator, "acceptor asks": acceptor} {
				t.Run(role, func(t *testing.T) {
					operations := []struct {
						operation, payload string
						want               answer
					}{
						{"echo", "hi\x00\xff", result("hi\x00\xff")},
						{"echo", "", result("")},
						{"fail", "not today", errorResult("not today")},
						{"fail", "", errorResult("")},
						{"delay", `{"ms":1,"payload":"late"}`, result("late")},
						{"delay", `{"ms":1}`, result("ok")},
						{"size", `{"bytes":28}`, result("abcdefghijklmnopqrstuvwxyzab")},
						{"call-back", `{"operation":"echo","payload":"there and back"}`, result("there and back")},
						{"call-back", `{"operation":"fail","payload":"there"}`, errorResult("there")},
						{"crash", "mistake", errorResult("mistake")},
						{"retry", "{}", errorResult(`unknown operation "retry"`)},
						{"stream-echo", "", errorResult(`unknown operation "stream-echo"`)},
					}
					for _, o := range operations {
						expect(t, o.operation+" "+o.payload, d.outcome(connection, o.operation, o.payload), o.want)
					}
					expect(t, "stream-echo", d.streamed(connection, "stream-echo", "a", "bc", "d"), stream("a", "bc", "d"))
					expect(t, "stream-echo opened without data", d.streamed(connection, "stream-echo", "", "a"), stream("a"))
					expect(t, "stream-length", d.streamed(connection, "stream-length", "12345", "678"), stream("8"))
					expect(t, "count", d.streamed(connection, "count", `{"parts":3}`), stream("1", "2", "3"))
					expect(t, "count of sized parts", d.streamed(connection, "count", `{"parts":2,`, `"bytes":4}`), stream("abcd", "abcd"))
					expect(t, "count of nothing", d.streamed(connection, "count", `{"parts":0}`), stream())
					failed := errorResult("no more")
					failed["parts"] = []string{}
					expect(t, "fail", d.streamed(connection, "fail", "no ", "more"), failed)
				})
			}
		})
	}
}

// The library stops reading when a handler leaves its stream unread, so each of these has a separate connection.
func TestOperationsThatReadNothing(t *testing.T) {
	d := drive(t)
	_, initiator := d.pair("tcp", streams, streams)
	expect(t, "ignore", d.streamed(initiator, "ignore", "a"), stream("ok"))
	_, initiator = d.pair("tcp", streams, streams)
	held := d.must("open-stream", answer{"connection": initiator, "operation": "hold"})
	d.must("write", answer{"call": held["call"], "payload": hexOf("a")})
	expect(t, "echo during hold", d.outcome(initiator, "echo", "hi"), result("hi"))
	expect(t, "hold", d.must("report", answer{"call": held["call"]}),
		answer{"outcome": "stream", "ended": false, "parts": []string{}})
}

func TestLargePayloads(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			d := drive(t)
			_, initiator := d.pair(transport, streams, streams)
			filled, err := fill(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "size", d.outcome(initiator, "size", `{"bytes":1048576}`), result(string(filled)))
			expect(t, "echo", d.outcome(initiator, "echo", string(filled)), result(string(filled)))
			if d.outcome(initiator, "size", `{"bytes":1073741824}`)["outcome"] != "error" {
				t.Error("1 GiB was not refused")
			}
		})
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	d := drive(t)
	_, initiator := d.pair("tcp", nil, nil)
	var calls []answer
	for range 200 {
		calls = append(calls, d.must("request", answer{"connection": initiator, "operation": "echo", "payload": hexOf("hi")}))
	}
	for _, made := range calls {
		expect(t, "echo", d.settled(made), result("hi"))
	}
}

func TestStreamIsReportedAsItGrows(t *testing.T) {
	d := drive(t)
	_, initiator := d.pair("tcp", streams, streams)
	opened := d.must("open-stream", answer{"connection": initiator, "operation": "stream-echo"})
	expect(t, "before the first part", d.must("report", answer{"call": opened["call"]}),
		answer{"outcome": "stream", "ended": false, "parts": []string{}})
	d.must("write", answer{"call": opened["call"], "payload": hexOf("one")})
	growing := answer{"outcome": "stream", "ended": false, "parts": []string{hexOf("one")}}
	expect(t, "one part", d.must("report", answer{"call": opened["call"], "parts": 1, "timeout": bound.Milliseconds()}), growing)
	d.must("write", answer{"call": opened["call"], "payload": hexOf("two")})
	d.must("end", answer{"call": opened["call"]})
	expect(t, "the end", d.settled(opened), stream("one", "two"))
}
