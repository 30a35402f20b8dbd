// Package supervise runs a group of actors and ends them together.
package supervise

// Group is a set of actors.
type Group struct {
	execute   []func() error
	interrupt []func(error)
}

// Add adds an actor: execute runs on its own goroutine, interrupt makes it end.
func (g *Group) Add(execute func() error, interrupt func(error)) {
	g.execute = append(g.execute, execute)
	g.interrupt = append(g.interrupt, interrupt)
}

// Run runs all actors until the first one ends, and returns its error.
func (g *Group) Run() error {
	errs := make(chan error, len(g.execute))
	for _, execute := range g.execute {
		go func() { errs <- execute() }()
	}
	err := <-errs
	for _, interrupt := range g.interrupt {
		interrupt(err)
	}
	for range len(g.execute) - 1 {
		<-errs
	}
	return err
}
