// Package conformance holds the cases that judge implementations of Gotalk, as data.
//
// Files has corpus/manifest.json, which lists the files of cases, those files, and their JSON Schemas
// in corpus/schema/. What is in them is explained in corpus/README.md.
package conformance

import "embed"

// Files are the files of the corpus and of its schemas.
//
//go:embed corpus
var Files embed.FS
