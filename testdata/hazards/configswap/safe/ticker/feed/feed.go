// Package feed tells its observers of what it finds, in the goroutine that polls.
package feed

// A Feed counts its polls.
type Feed struct {
	polls     int
	observers []func(polls int)
}

// Subscribe adds an observer.
func (f *Feed) Subscribe(observer func(polls int)) {
	f.observers = append(f.observers, observer)
}

// Poll looks for what is new.
func (f *Feed) Poll() {
	f.polls++
	for _, observer := range f.observers {
		observer(f.polls)
	}
}
