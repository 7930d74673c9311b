package main

import "testing"

func TestCodec(t *testing.T) {
	d := drive(t)
	id := hexOf("0001")
	cases := []struct {
		message answer
		wire    string
	}{
		{answer{"kind": "SingleRequest", "id": id, "operation": hexOf("echo"), "payload": hexOf("hi")}, "r0001004echo00000002hi"},
		{answer{"kind": "StreamRequest", "id": id, "operation": hexOf("\xff\xfe"), "payload": ""}, "s0001002\xff\xfe00000000"},
		{answer{"kind": "StreamRequestPart", "id": id, "payload": hexOf("more")}, "p000100000004more"},
		{answer{"kind": "SingleResult", "id": id, "payload": ""}, "R000100000000"},
		{answer{"kind": "StreamResult", "id": "00ff0d0a", "payload": "0d0a"}, "S\x00\xff\r\n00000002\r\n"},
		{answer{"kind": "ErrorResult", "id": id, "payload": hexOf("boom")}, "E000100000004boom"},
		{answer{"kind": "RetryResult", "id": id, "wait": 5000, "payload": hexOf("later")}, "e00010000138800000005later"},
		{answer{"kind": "Notification", "name": hexOf("news"), "payload": hexOf("hi")}, "n004news00000002hi"},
		{answer{"kind": "Heartbeat", "load": 2, "time": 1600384584}, "h00025f63ee48"},
		{answer{"kind": "ProtocolError", "code": 2}, "f00000002"},
	}
	for _, c := range cases {
		if c.message["kind"] != "Heartbeat" {
			expect(t, "encode", d.must("encode", answer{"message": c.message}), answer{"bytes": hexOf(c.wire)})
		}
		chunks := []string{}
		for i := range len(c.wire) {
			chunks = append(chunks, hexOf(c.wire[i:i+1]))
		}
		want := []any{answer{"chunk": len(chunks) - 1, "message": c.message}}
		expect(t, "decode bytewise", d.must("decode", answer{"chunks": chunks, "end": true}), answer{"messages": want})
		want = []any{answer{"chunk": 0, "message": c.message}}
		expect(t, "decode whole", d.must("decode", answer{"chunks": []string{hexOf(c.wire)}, "end": true}), answer{"messages": want})
	}
}

func TestDecodeMore(t *testing.T) {
	d := drive(t)
	echo := answer{"kind": "SingleResult", "id": hexOf("0001"), "payload": hexOf("hi")}
	first := []any{answer{"chunk": 0, "message": echo}}
	cases := []struct {
		title     string
		arguments answer
		want      answer
	}{
		{"nothing", answer{"chunks": []string{}, "end": true}, answer{"messages": []any{}}},
		{"version", answer{"handshake": true, "chunks": []string{hexOf("01"), "", hexOf("R000100000002hi")}},
			answer{"messages": []any{answer{"chunk": 2, "message": echo}}}},
		{"another version", answer{"handshake": true, "chunks": []string{hexOf("0"), hexOf("2")}},
			answer{"messages": []any{}, "refused": answer{"chunk": 1, "reason": `unsupported protocol version "02"`}}},
		{"incomplete", answer{"chunks": []string{hexOf("R000100000002hiR0001")}}, answer{"messages": first}},
		{"truncated", answer{"chunks": []string{hexOf("R000100000002hiR000100000002h")}, "end": true},
			answer{"messages": first, "refused": answer{"chunk": 0, "reason": "EOF"}}},
		{"unknown kind", answer{"chunks": []string{hexOf("R000100000002hi"), hexOf("x000100000000")}},
			answer{"messages": first, "refused": answer{"chunk": 1, "reason": "unknown message type", "code": 2}}},
		{"a size of 4 GiB", answer{"chunks": []string{hexOf("R0001ffffffffhi")}}, answer{"messages": []any{}}},
	}
	for _, c := range cases {
		expect(t, c.title, d.must("decode", c.arguments), c.want)
	}
	expect(t, "encode a version", d.must("encode", nil), answer{"bytes": hexOf("01")})
	expect(t, "decode with the largest limits", d.must("decode", answer{
		"chunks": []string{hexOf("R000100000002hi")}, "limits": answer{"name": 4095, "payload": uint32(1<<32 - 1)},
	}), answer{"messages": first})
	limited := answer{"chunks": []string{}, "limits": answer{"payload": 1}}
	if d.ask("decode", limited)["skipped"] == nil {
		t.Error("a limit of 1 byte was not skipped")
	}
}

func TestEncodeRefuses(t *testing.T) {
	d := drive(t)
	refused := []answer{
		{"kind": "Notification", "name": hexOf(string(make([]byte, 4096))), "payload": ""},
		{"kind": "SingleResult", "id": hexOf("001"), "payload": ""},
		{"kind": "RetryResult", "id": hexOf("0001"), "wait": 1 << 32, "payload": ""},
		{"kind": "ProtocolError", "code": -1},
	}
	for _, message := range refused {
		if encoded := d.must("encode", answer{"message": message}); encoded["refused"] == nil {
			t.Errorf("encode %s: %v", inJSON(t, message["kind"]), encoded)
		}
	}
}
