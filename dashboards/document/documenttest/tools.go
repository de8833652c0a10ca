package documenttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Missing skips on a laptop and fails where CI promised the tool.
func Missing(t testing.TB, what string) {
	t.Helper()
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatal("no " + what + " on this machine, and CI promised one")
	}
	t.Skip("no " + what + " on this machine: make test installs it as root")
}

// Tool runs a program that prints to its output and gives what it prints.
func Tool(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		Missing(t, name)
	}
	out, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, arguments, err, out)
	}
	return string(out)
}

// stand are the free fonts that take the place of those of the standard, as an operator
// would name them in fonts.conf: they must be told apart in the PDF.
var stand = map[string]string{"仿宋_GB2312": "Noto Serif CJK SC", "黑体": "Noto Sans CJK SC", "楷体_GB2312": "AR PL UKai CN", "宋体": "Noto Serif CJK SC", "方正小标宋简体": "Noto Serif CJK SC"}

// Converted converts files with LibreOffice Writer, with a profile of its own.
func Converted(t testing.TB, to string, files ...string) {
	t.Helper()
	path, err := exec.LookPath("soffice")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(filepath.Dir(path), "libswlo.so"))
	}
	if err != nil {
		Missing(t, "LibreOffice Writer")
	}
	folder := filepath.Dir(files[0])
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>`)
	for from, to := range stand {
		fmt.Fprintf(&b, `<match target="pattern"><test name="family"><string>%s</string></test><edit name="family" mode="assign" binding="same"><string>%s</string></edit></match>`, from, to)
	}
	fonts := filepath.Join(folder, "fonts.conf")
	if err := os.WriteFile(fonts, []byte(b.String()+"</fontconfig>"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, append([]string{"-env:UserInstallation=file://" + folder + "/profile", "--headless", "--convert-to", to, "--outdir", folder}, files...)...)
	command.Env = append(os.Environ(), "FONTCONFIG_FILE="+fonts, "HOME="+folder)
	if out, err := command.CombinedOutput(); err != nil || strings.Contains(string(out), "Error:") {
		t.Fatalf("soffice: %v: %s", err, out)
	}
}

// NeedFonts leaves a test out where the fonts are missing that stand in for the standard's.
func NeedFonts(t testing.TB) {
	t.Helper()
	for _, font := range stand {
		if Tool(t, "fc-list", font) == "" {
			Missing(t, "font "+font)
		}
	}
}
