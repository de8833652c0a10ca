package main

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
)

func (p *program) sealKey(dir string) (ed25519.PrivateKey, error) {
	name := filepath.Join(dir, "tmp.key")
	if seed, err := os.ReadFile(name); err == nil {
		return ed25519.NewKeyFromSeed(seed), nil
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	return key, os.WriteFile(name, key.Seed(), 0o600)
}
