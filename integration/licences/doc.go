// Package licences holds what licenses hotvet's dependencies have: licences.md
// lists them for each module of the repository, and a test compares it with what
// the go command knows. It is a module of its own for the library that tells
// licenses apart.
package licences
