// Package cli runs one of several commands.
package cli

import "fmt"

// Command is what a user may ask for.
type Command struct {
	Name string
	Run  func(dir string) error
}

// App is a set of commands.
type App struct{ commands []Command }

// Add adds a command.
func (a *App) Add(c Command) { a.commands = append(a.commands, c) }

// Execute runs the command called name.
func (a *App) Execute(name, dir string) error {
	for _, c := range a.commands {
		if c.Name == name {
			return c.Run(dir)
		}
	}
	return fmt.Errorf("no command %q", name)
}
