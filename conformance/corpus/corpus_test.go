package conformance

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestEveryFileHasTheCasesThatTheManifestCounts(t *testing.T) {
	manifest, err := ReadManifest()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, file := range manifest.Files {
		var content struct {
			Cases []struct{ ID string }
		}
		if err := read(file.Path, &content); err != nil {
			t.Fatal(err)
		}
		if len(content.Cases) != file.Cases {
			t.Errorf("%s has %d cases, want %d", file.Path, len(content.Cases), file.Cases)
		}
		total += len(content.Cases)
	}
	if total < 300 {
		t.Errorf("there are %d cases, want at least 300", total)
	}
}

func TestCasesAreDecoded(t *testing.T) {
	found := false
	Run(t, "decode", func(t *testing.T, c *CodecCase) {
		for name, chunks := range c.Cuts() {
			if !bytes.Equal(bytes.Join(chunks, nil), c.Wire) {
				t.Errorf("%s has other bytes than the case", name)
			}
		}
		if c.ID == "codec/heartbeat/two-together" {
			found = len(c.Messages) == 2 && c.Messages[1].Time == 1706788820
		}
	})
	if !found {
		t.Error("codec/heartbeat/two-together is not decoded")
	}
}

func TestCasesOfOtherSuitesAreThere(t *testing.T) {
	for each := range Cases("session") {
		if !json.Valid(each) {
			t.Error("a case is no JSON")
		}
		return
	}
	t.Error("there are no cases of sessions")
}

func TestUnknownSegmentsAreRefused(t *testing.T) {
	var b Bytes
	if json.Unmarshal([]byte(`[{"unknown":1}]`), &b) == nil {
		t.Error("an unknown segment is read")
	}
}
