// Package supervise runs actors and ends all when one returns.
package supervise

type actor struct {
	execute   func() error
	interrupt func(error)
}

// Group is a set of actors; the zero value is empty.
type Group struct{ actors []actor }

// Add adds an actor: execute runs on a goroutine of its own, and interrupt makes
// it return.
func (g *Group) Add(execute func() error, interrupt func(error)) {
	g.actors = append(g.actors, actor{execute, interrupt})
}

// Run returns the first error of an actor, when all have returned.
func (g *Group) Run() error {
	errs := make(chan error, len(g.actors))
	for _, a := range g.actors {
		go func() { errs <- a.execute() }()
	}
	err := <-errs
	for _, a := range g.actors {
		a.interrupt(err)
	}
	for range len(g.actors) - 1 {
		<-errs
	}
	return err
}
