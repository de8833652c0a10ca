package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// certificate is a certificate with its key, read again when either file has changed: a
// certificate is renewed every few weeks, and no clerk should notice.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	stamp  string
	looked time.Time
}

// lookEvery is how often the files are looked at; a handshake in between takes what holds.
const lookEvery = 10 * time.Second

func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	return c, c.Reload()
}

// Reload reads both files. When they don't fit, the pair that holds stays.
func (c *certificate) Reload() error {
	stamp := c.stampOf()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pair, c.stamp = &pair, stamp
	return nil
}

// stampOf tells one state of the files from another.
func (c *certificate) stampOf() string {
	stamp := ""
	for _, file := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(file); err == nil {
			stamp += fmt.Sprintf("%d %d ", info.ModTime().UnixNano(), info.Size())
		}
	}
	return stamp
}

// get is asked at every handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	now := time.Now()
	look := now.Sub(c.looked) > lookEvery
	if look {
		c.looked = now
	}
	held := c.stamp
	c.mu.Unlock()
	if look && c.stampOf() != held {
		if err := c.Reload(); err != nil {
			c.log.Error("the new certificate can't be used, the old one stays", "error", err.Error())
		} else {
			c.log.Info("certificate reloaded")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pair, nil
}

// listener puts TLS on a listener: 1.2 and newer, with the library's own choice of
// ciphers, which has none that is broken.
func (c *certificate) listener(plain net.Listener) net.Listener {
	return tls.NewListener(plain, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get})
}
