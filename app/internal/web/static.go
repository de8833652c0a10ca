package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
)

//go:embed static all:views
var embedded embed.FS

// devFolder is where templates and static files are read from in development; make dev
// starts the program in the root of the repository.
const devFolder = "app/internal/web"

// assets serves static files. The address of each holds a hash of its content, so a
// browser may keep it for a year and never shows an old one.
type assets struct {
	dev     bool
	byName  map[string]*asset // app.css
	byAddr  map[string]*asset // app.1a2b3c4d.css
	onDisk  fs.FS
	initial fs.FS
}

// asset is one file with its compressed forms, which are made when first asked for:
// to compress all of them at the start would take half of the time to readiness.
type asset struct {
	address string
	kind    string
	plain   []byte
	brotli  func() []byte
	gzip    func() []byte
}

func newAssets(dev bool) (*assets, error) {
	sub, err := fs.Sub(embedded, "static")
	if err != nil {
		return nil, err
	}
	a := &assets{dev: dev, byName: map[string]*asset{}, byAddr: map[string]*asset{}, onDisk: os.DirFS(devFolder + "/static"), initial: sub}
	bodies := map[string][]byte{}
	err = fs.WalkDir(sub, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		bodies[name], err = fs.ReadFile(sub, name)
		return err
	})
	for name := range bodies {
		a.add(name, bodies)
	}
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	for _, needed := range []string{"vendor/tabler.min.css", "vendor/echarts.min.js", "vendor/htmx.min.js"} {
		if a.byName[needed] == nil {
			return nil, fmt.Errorf("static file %s is missing: run make assets, then build again", needed)
		}
	}
	return a, nil
}

// imported is another module of ours in a script: from "./conditions.js".
var imported = regexp.MustCompile(`(\bfrom |\bimport )"\./([a-z-]+\.js)"`)

// add takes a file in, after the modules that it imports: it names them by their
// addresses, so its own address changes when one of them does.
func (a *assets) add(name string, bodies map[string][]byte) *asset {
	if one := a.byName[name]; one != nil {
		return one
	}
	body := bodies[name]
	if !strings.Contains(name, "/") && strings.HasSuffix(name, ".js") {
		body = imported.ReplaceAllFunc(body, func(clause []byte) []byte {
			part := imported.FindSubmatch(clause)
			if module := string(part[2]); bodies[module] != nil && module != name {
				return fmt.Appendf(nil, `%s"./%s"`, part[1], a.add(module, bodies).address)
			}
			return clause
		})
	}
	one := newAsset(name, body)
	a.byName[name], a.byAddr[one.address] = one, one
	return one
}

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	kind := mime.TypeByExtension(ext)
	switch ext {
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	}
	return &asset{
		address: strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext,
		kind:    kind,
		plain:   body,
		brotli: sync.OnceValue(func() []byte {
			var b bytes.Buffer
			w := brotli.NewWriterLevel(&b, 6)
			w.Write(body)
			w.Close()
			return b.Bytes()
		}),
		gzip: sync.OnceValue(func() []byte {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			w.Write(body)
			w.Close()
			return b.Bytes()
		}),
	}
}

// address is where a page finds a file.
func (a *assets) address(name string) (string, error) {
	if a.dev {
		return "/static/" + name, nil
	}
	one := a.byName[name]
	if one == nil {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return "/static/" + one.address, nil
}

// text gives a file as it is.
func (a *assets) text(name string) (string, error) {
	if a.dev {
		body, err := fs.ReadFile(a.onDisk, name)
		return string(body), err
	}
	one := a.byName[name]
	if one == nil {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return string(one.plain), nil
}

// serve answers a static file in the best form the browser takes.
func (a *assets) serve(c *fiber.Ctx) error {
	name := c.Params("*")
	one := a.byAddr[name]
	if one == nil && a.dev {
		body, err := fs.ReadFile(a.onDisk, name)
		if err != nil {
			return problem.NotFound("这个文件")
		}
		c.Set(fiber.HeaderContentType, newAsset(name, nil).kind)
		c.Set(fiber.HeaderCacheControl, "no-cache")
		return c.Send(body)
	}
	if one == nil {
		return problem.NotFound("这个文件")
	}
	c.Set(fiber.HeaderContentType, one.kind)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	if strings.Contains(one.kind, "image/png") {
		return c.Send(one.plain)
	}
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	accepted := c.Get(fiber.HeaderAcceptEncoding)
	switch {
	case strings.Contains(accepted, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(one.brotli())
	case strings.Contains(accepted, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(one.gzip())
	}
	return c.Send(one.plain)
}
