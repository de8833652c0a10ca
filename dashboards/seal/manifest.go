package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// What is wrong with a manifest before it can be believed at all.
var (
	errForeign = errors.New("it is the manifest of something else")
	errNewer   = errors.New("its format is newer")
)

// parseManifest reads a manifest that may hold anything: what it takes of memory is bounded
// by its length, whatever it repeats.
func parseManifest(text []byte) (Manifest, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	if head.Format != Format {
		return Manifest{}, errForeign
	}
	if head.Version > Version {
		return Manifest{Version: head.Version}, errNewer
	}
	type plain Manifest
	var m struct {
		plain
		Edited   json.RawMessage `json:"edited"`
		Files    json.RawMessage `json:"files"`
		Settings json.RawMessage `json:"settings"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	if len(m.Edited) > mostEdited || len(m.Settings) > mostSettings {
		return Manifest{}, errors.New("read manifest: its settings or passages are too long")
	}
	all := Manifest(m.plain)
	if err := errors.Join(json.Unmarshal(m.Edited, &all.Edited), json.Unmarshal(m.Settings, &all.Settings)); err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	var err error
	all.Files, err = parseFiles(m.Files)
	return all, err
}

// parseFiles reads the list of files, of which no two have one name.
func parseFiles(text []byte) ([]File, error) {
	in := json.NewDecoder(bytes.NewReader(text))
	if start, err := in.Token(); err != nil || start != json.Delim('[') {
		return nil, errors.New("read manifest: there is no list of files")
	}
	var files []File
	seen := map[string]bool{ManifestName: true, SignatureName: true}
	for in.More() {
		var f File
		if err := in.Decode(&f); err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		if len(files) >= mostFiles || seen[f.Name] || !fs.ValidPath(f.Name) || f.Size < 0 || f.Size > mostFile || f.Packed < 0 || f.Packed > mostFile {
			return nil, fmt.Errorf("read manifest: file %d can't be", len(files)+1)
		}
		seen[f.Name] = true
		files = append(files, f)
	}
	return files, nil
}

// bounded tells why a statement is too long for a package.
func (s Statement) bounded() error {
	edited, err := plainJSON(s.Edited)
	if err != nil {
		return err
	}
	settings, err := plainJSON(s.Settings)
	if err != nil {
		return err
	}
	if len(edited) > mostEdited || len(settings) > mostSettings {
		return errors.New("the settings or the edited passages are too long")
	}
	return nil
}
