package conformance

import (
	"encoding/json"
	"path"
	"testing"
)

func read(t *testing.T, name string, value any) {
	t.Helper()
	data, err := Files.ReadFile(path.Join("corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestEveryFileHasTheCasesThatTheManifestCounts(t *testing.T) {
	var manifest struct {
		Files []struct {
			Path  string
			Cases int
		}
	}
	read(t, "manifest.json", &manifest)
	total := 0
	for _, file := range manifest.Files {
		var content struct {
			Cases []struct{ ID string }
		}
		read(t, file.Path, &content)
		if len(content.Cases) != file.Cases {
			t.Errorf("%s has %d cases, want %d", file.Path, len(content.Cases), file.Cases)
		}
		total += len(content.Cases)
	}
	if total < 300 {
		t.Errorf("there are %d cases, want at least 300", total)
	}
}
