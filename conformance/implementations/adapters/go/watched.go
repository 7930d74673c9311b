package main

import (
	"sync"
	"time"
)

// watched is a value on which others wait until it fulfils a condition.
//
// A returned value is a copy that shares the contents of its slices: changes may append to a slice or drop its head,
// but never overwrite an element.
type watched[T any] struct {
	mu      sync.Mutex
	value   T
	changed chan struct{} // closed at the next change; nil if nothing waits
}

func (w *watched[T]) change(apply func(*T)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	apply(&w.value)
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// await returns the value once it is enough, or as it is after the timeout.
func (w *watched[T]) await(limit time.Duration, enough func(T) bool) T {
	timeout := time.After(limit)
	for {
		w.mu.Lock()
		value := w.value
		if w.changed == nil {
			w.changed = make(chan struct{})
		}
		changed := w.changed
		w.mu.Unlock()
		if enough(value) {
			return value
		}
		select {
		case <-changed:
		case <-timeout:
			return value
		}
	}
}

func (w *watched[T]) get() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.value
}
