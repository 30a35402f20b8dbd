package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Checkout returns the folder of another version of what is in dir: rev itself
// when it is a folder, seen from dir; else the files of that git revision, put
// into folder, which must not exist. The user's work tree, index and
// configuration are neither changed nor used, and nothing is fetched.
//
// A submodule that is present below dir is put in place at the commit which the
// revision names; another stays empty, as it is below dir.
func Checkout(ctx context.Context, dir, rev, folder string) (string, error) {
	given := rev
	if !filepath.IsAbs(given) {
		given = filepath.Join(dir, given)
	}
	info, err := os.Stat(given)
	isFolder := err == nil && info.IsDir()
	if isFolder && (filepath.IsAbs(rev) || strings.HasPrefix(rev, ".") || strings.ContainsRune(rev, filepath.Separator)) {
		return given, nil
	}
	// A revision that begins with a dash would be an option.
	if rev == "" || strings.HasPrefix(rev, "-") {
		return "", fmt.Errorf("%q is neither a folder nor a git revision", rev)
	}
	top, err := git(ctx, dir, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		if isFolder {
			return given, nil
		}
		return "", fmt.Errorf("%s is not a folder, and no revision can be looked up: %w", rev, err)
	}
	commit, err := git(ctx, dir, nil, "rev-parse", "--verify", "--quiet", rev+"^{commit}")
	switch {
	case err == nil && isFolder:
		return "", fmt.Errorf("%s is a folder and a git revision: write ./%s for the folder", rev, rev)
	case isFolder:
		return given, nil
	case err != nil && ctx.Err() != nil:
		return "", err
	case err != nil:
		return "", fmt.Errorf("%s is neither a folder nor a commit of the repository at %s", rev, top)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	if err := populate(ctx, top, commit, folder); err != nil {
		return "", fmt.Errorf("revision %s: %w", rev, err)
	}
	prefix, err := git(ctx, dir, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	result := filepath.Join(folder, filepath.FromSlash(prefix))
	if _, err := os.Stat(result); err != nil {
		return "", fmt.Errorf("revision %s has no folder %s", rev, prefix)
	}
	return result, nil
}

// populate puts the files of commit, of the repository with work tree top, into
// folder.
func populate(ctx context.Context, top, commit, folder string) error {
	gitDir, err := git(ctx, top, nil, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return err
	}
	// An index of its own: that of the user would be refreshed in place.
	index := folder + ".index"
	defer os.Remove(index)
	env := []string{"GIT_DIR=" + gitDir, "GIT_WORK_TREE=" + folder, "GIT_INDEX_FILE=" + index}
	if _, err := git(ctx, folder, env, "read-tree", commit); err != nil {
		return err
	}
	if _, err := git(ctx, folder, env, "checkout-index", "--all"); err != nil {
		return err
	}
	entries, err := git(ctx, folder, env, "ls-files", "--stage", "-z")
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(entries, "\x00") {
		// "160000 commit 0<tab>path" is a submodule.
		head, path, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(head)
		if len(fields) != 3 || fields[0] != "160000" {
			continue
		}
		if err := submodule(ctx, filepath.Join(top, filepath.FromSlash(path)), fields[1], filepath.Join(folder, filepath.FromSlash(path))); err != nil {
			return fmt.Errorf("submodule %s: %w", path, err)
		}
	}
	return nil
}

// submodule puts commit of the submodule at present into folder, if it is there.
func submodule(ctx context.Context, present, commit, folder string) error {
	if _, err := os.Stat(filepath.Join(present, ".git")); err != nil {
		return nil
	}
	if _, err := git(ctx, present, nil, "cat-file", "-e", commit+"^{commit}"); err != nil {
		return fmt.Errorf("commit %s is not in %s, and nothing is fetched: %w", commit, present, err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return populate(ctx, present, commit, folder)
}

// git returns what git writes for args, without the line end behind it. Nothing is
// fetched or asked, no hook runs, and no lock is taken for the user's index.
func git(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"}, args...)...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		// A hook that started this process names its own repository there.
		if name, _, _ := strings.Cut(v, "="); name != "GIT_DIR" && name != "GIT_WORK_TREE" && name != "GIT_INDEX_FILE" && name != "GIT_PREFIX" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_LFS_SKIP_SMUDGE=1", "LC_ALL=C")
	cmd.Env = append(cmd.Env, env...)
	endGently(cmd)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimRight(stdout.String(), "\n"), nil
}
