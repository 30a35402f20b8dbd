package confirm

import (
	"os"
	"path/filepath"
	"strings"
)

// prepare makes the folders and files of the program and returns its environment:
// temporary files, and what belongs into a home folder, are kept in the run's
// folder.
func (s *session) prepare() ([]string, error) {
	env := s.Env[:len(s.Env):len(s.Env)]
	for name, folder := range map[string]string{"TMPDIR": "tmp", "HOME": "home", "PWD": "work"} {
		path := filepath.Join(s.own, folder)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
		env = append(env, name+"="+path)
	}
	for name, content := range s.Scenario.Files {
		if err := s.write(name, content); err != nil {
			return nil, err
		}
	}
	for name, value := range s.Scenario.Env {
		env = append(env, name+"="+s.expand(value))
	}
	env = append(env, s.reportEnv()...)
	return env, os.MkdirAll(filepath.Join(s.run.Folder(), countersName), 0o700)
}

func (s *session) work() string { return filepath.Join(s.own, "work") }

// write puts a file below the working folder, and follows no link of the program's
// out of it.
func (s *session) write(name, content string) error {
	root, err := os.OpenRoot(s.work())
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return root.WriteFile(name, []byte(s.expand(content)), 0o600)
}

// expand puts the working folder in the place of $WORK.
func (s *session) expand(text string) string { return strings.ReplaceAll(text, "$WORK", s.work()) }

func (s *session) expandAll(list []string) (out []string) {
	for _, text := range list {
		out = append(out, s.expand(text))
	}
	return out
}
