package seal

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a name in UTF-16, as Windows counts: it opens paths of 260, of which the folder
// that a package is unpacked into takes its share. Three parts fit, and one fits the 255 bytes
// that other systems have for it.
const (
	mostPart = 60
	mostPath = 200
)

// forbidden are the characters that Windows refuses in a name, and what we write instead.
var forbidden = strings.NewReplacer("<", "＜", ">", "＞", ":", "：", "\"", "＂", "\\", "＼", "|", "｜", "?", "？", "*", "＊", "/", "／")

// reserved are names of devices on Windows, with any ending.
var reserved = []string{"con", "prn", "aux", "nul", "conin$", "conout$",
	"com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "com¹", "com²", "com³",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³"}

// Clean makes one part of a path, a folder or a file, of a text that may hold anything: the
// name of a unit, say. What Windows refuses becomes its wide form, what can't be seen is left
// out, and a long one is cut before its ending.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r): // also marks that turn the direction of writing
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "_"))
	text = strings.Join(strings.Fields(forbidden.Replace(norm.NFC.String(text))), " ")
	stem, ending := parted(text)
	if isReserved(stem) {
		stem = "_" + stem
	}
	if stem = strings.TrimRight(cut(stem, mostPart-len(ending)), ". "); stem == "" {
		stem = "_"
	}
	return stem + ending
}

// parted gives the stem of a file's name and its ending, which is short and plain or none.
func parted(name string) (stem, ending string) {
	name = strings.Trim(name, ". ")
	ending = path.Ext(name)
	if len(ending) > 8 || strings.ContainsFunc(ending, func(r rune) bool { return r > unicode.MaxASCII || r == ' ' }) {
		ending = ""
	}
	return strings.TrimRight(strings.TrimSuffix(name, ending), ". "), ending
}

// cut gives the beginning of a text within a number of characters in UTF-16.
func cut(text string, most int) string {
	n := 0
	for i, r := range text {
		if n += utf16.RuneLen(r); n > most {
			return text[:i]
		}
	}
	return text
}

func isReserved(part string) bool {
	stem, _, _ := strings.Cut(part, ".")
	return slices.Contains(reserved, strings.ToLower(strings.TrimRight(stem, " ")))
}

// names are the names of a package. Two that differ in case alone are one on Windows, and a
// file can't be a folder as well.
type names struct{ files, folders map[string]bool }

func newNames() names {
	return names{files: map[string]bool{folded(ManifestName): true, folded(SignatureName): true}, folders: map[string]bool{}}
}

// folded is a name as a system sees it that tells no case.
func folded(name string) string { return strings.ToLower(strings.ToUpper(norm.NFC.String(name))) }

// free tells why a name can't be had, nil where it can.
func (n names) free(name string) error {
	key := folded(name)
	if n.files[key] {
		return errors.New("there is one already")
	}
	if n.folders[key] {
		return errors.New("it is a folder already")
	}
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		if n.files[dir] {
			return fmt.Errorf("%q is a file already", dir)
		}
	}
	return nil
}

func (n names) add(name string) {
	key := folded(name)
	n.files[key] = true
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		n.folders[dir] = true
	}
}

// check tells why a path isn't one that every system can unpack.
func check(name string) error {
	parts := strings.Split(name, "/")
	for _, part := range parts {
		if part == "" || part != Clean(part) {
			return fmt.Errorf("%q can't be unpacked everywhere; Clean would give %q", part, Clean(part))
		}
	}
	if n := utf16Length(name); n > mostPath {
		return fmt.Errorf("it has %d characters, at most %d", n, mostPath)
	}
	return nil
}

func utf16Length(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// unused gives the first path like it that is free: a second one gets ~2 before its ending,
// and so does a folder whose name is a file's.
func (n names) unused(parts ...string) string {
	name := ""
	for i, part := range parts {
		folder := i < len(parts)-1
		taken := func(key string) bool { return n.files[key] || n.folders[key] && !folder }
		cleaned := Clean(part)
		one := path.Join(name, cleaned)
		for j := 2; taken(folded(one)); j++ {
			stem, ending := parted(cleaned)
			mark := fmt.Sprintf("~%d", j)
			one = path.Join(name, cut(stem, mostPart-len(mark)-len(ending))+mark+ending)
		}
		name = one
	}
	return name
}
