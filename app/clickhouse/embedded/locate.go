package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Variable names the library when it lies in an unusual place.
const Variable = "SHUIXUAN_ENGINE"

// Locate finds the library: where it is told, beside the program, or in a
// node_modules of the working folder, of the program's folder, or above them.
// The error lists every place that was tried.
func Locate(explicit string) (string, error) {
	if explicit == "" {
		explicit = os.Getenv(Variable)
	}
	if explicit != "" {
		return probe([]string{explicit})
	}
	var places []string
	for _, start := range starts() {
		places = append(places, filepath.Join(start, libraryName()))
		for dir := start; ; dir = filepath.Dir(dir) {
			places = append(places, filepath.Join(dir, "node_modules", "@chdb", packageName(), libraryName()))
			if filepath.Dir(dir) == dir {
				break
			}
		}
	}
	return probe(places)
}

func probe(places []string) (string, error) {
	for _, place := range places {
		if info, err := os.Stat(place); err == nil && info.Mode().IsRegular() {
			return filepath.Abs(place)
		}
	}
	return "", fmt.Errorf("%w: looked for %s", ErrLibraryMissing, strings.Join(places, ", "))
}

func starts() []string {
	var dirs []string
	if program, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(program))
	}
	if dir, err := os.Getwd(); err == nil {
		dirs = append(dirs, dir)
	}
	return dirs
}

func libraryName() string {
	// The macOS package carries the same name as the Linux one.
	return "libchdb.so"
}

// packageName is the npm package that carries the library for this machine.
func packageName() string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS == "darwin" {
		return "lib-darwin-" + arch
	}
	return "lib-linux-" + arch + "-gnu"
}
