package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
)

// Fingerprint gives the fingerprint of a public key: SHA-256 of its SubjectPublicKeyInfo in
// DER, 64 hexadecimal digits, as `openssl pkey -pubin -outform DER | sha256sum` prints it.
func Fingerprint(public ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "" // not for a key of this type
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Grouped gives a fingerprint in groups of eight digits, for people to compare.
func Grouped(fingerprint string) string {
	var groups []string
	for ; len(fingerprint) > 8; fingerprint = fingerprint[8:] {
		groups = append(groups, fingerprint[:8])
	}
	return strings.Join(append(groups, fingerprint), " ")
}

// ParseFingerprint reads a fingerprint as people copy it: with blanks, colons or hyphens
// between the digits, in letters of either case. It tells whether the text is one.
func ParseFingerprint(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	text = strings.TrimPrefix(strings.TrimPrefix(text, "sha256"), ":")
	text = strings.NewReplacer(" ", "", ":", "", "-", "", "　", "").Replace(text)
	raw, err := hex.DecodeString(text)
	return text, err == nil && len(raw) == sha256.Size
}

// PublicPEM gives a public key as the file that `--key` and other programs take.
func PublicPEM(public ed25519.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil // not for a key of this type
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// ParsePublicPEM reads a public key of Ed25519 from PEM.
func ParsePublicPEM(text []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("not a public key in PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("not a key of Ed25519")
	}
	return public, nil
}
