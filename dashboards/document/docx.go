package document

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"time"
)

// Names of OOXML.
const (
	office        = "http://schemas.openxmlformats.org/officeDocument/2006/"
	relationships = office + "relationships"
	wordProcessor = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	drawing       = "http://schemas.openxmlformats.org/drawingml/2006/"
	packaging     = "http://schemas.openxmlformats.org/package/2006/"
	wordType      = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	chartType     = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
	workbookType  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// docx is a .docx on its way out.
type docx struct {
	d       Document
	m       markup // the body
	names   []string
	anchors map[string]string // to bookmarks, whose names Word limits
	links   relations         // of the body
	parts   []part
	media   map[[32]byte]string // pictures that are in, by their hash
	ids     int                 // of bookmarks and drawings
	nums    []num
	ways    []bool // whether a block stands on a turned page
	turned  bool   // the section being written
	fresh   bool   // nothing stands on the page yet
	charts  int
	inTable bool // where marks are as small as the rest
	errs    []error
}

// part is a file of the package.
type part struct {
	name  string
	kind  string // content type; empty where the ending tells it
	bytes []byte
}

// relations are what a part leads to.
type relations struct{ list []relation }

type relation struct{ id, kind, target, mode string }

// to gives the id of the relation, the same for the same target.
func (r *relations) to(kind, target, mode string) string {
	for _, old := range r.list {
		if old.kind == kind && old.target == target {
			return old.id
		}
	}
	id := fmt.Sprintf("rId%d", len(r.list)+1)
	r.list = append(r.list, relation{id, kind, target, mode})
	return id
}

func (r *relations) part(name string) part {
	var m markup
	m.in("Relationships", func() {
		for _, to := range r.list {
			if to.mode != "" {
				m.at("Relationship", "Id", to.id, "Type", to.kind, "Target", to.target, "TargetMode", to.mode)
				continue
			}
			m.at("Relationship", "Id", to.id, "Type", to.kind, "Target", to.target)
		}
	}, "xmlns", packaging+"relationships")
	return part{name: name, bytes: m.part()}
}

// WriteDocx writes the document as .docx (ECMA-376, transitional). The same document gives
// the same bytes. A table with a row that is too long, a series of another length than its
// categories or a picture that is neither PNG nor JPEG is an error, and then nothing is
// written.
func WriteDocx(w io.Writer, d Document) error {
	if err := d.check(); err != nil {
		return fmt.Errorf("write docx: %w", err)
	}
	x := &docx{d: d, names: numbers(d.Blocks), ways: turns(d.Blocks), anchors: anchors(d.Blocks), media: map[[32]byte]string{}, fresh: true}
	x.fixed()
	x.body()
	x.parts = append(x.parts, x.numbering(), x.links.part("word/_rels/document.xml.rels"))
	if err := errors.Join(x.errs...); err != nil {
		return fmt.Errorf("write docx: %w", err)
	}
	if err := x.zip(w); err != nil {
		return fmt.Errorf("write docx: %w", err)
	}
	return nil
}

// fixed adds the parts around the body.
func (x *docx) fixed() {
	var root relations
	root.to(relationships+"/officeDocument", "word/document.xml", "")
	root.to(packaging+"relationships/metadata/core-properties", "docProps/core.xml", "")
	root.to(relationships+"/extended-properties", "docProps/app.xml", "")
	x.parts = append(x.parts, root.part("_rels/.rels"), x.core(), app())
	for _, p := range []part{styles(x.language()), settings(x.language()), fontTable()} {
		x.parts = append(x.parts, p)
		name := p.name[len("word/") : len(p.name)-len(".xml")]
		x.links.to(relationships+"/"+name, name+".xml", "")
	}
	x.links.to(relationships+"/numbering", "numbering.xml", "")
	x.footers()
}

func (x *docx) language() string {
	if x.d.Language == "" {
		return "zh-CN"
	}
	return oneLine(x.d.Language)
}

func (x *docx) core() part {
	var m markup
	stamp := x.d.Created.UTC().Format(time.RFC3339)
	m.in("cp:coreProperties", func() {
		m.text("dc:title", oneLine(x.d.Title))
		m.text("dc:creator", oneLine(x.d.Creator))
		m.text("dc:language", x.language())
		m.text("dcterms:created", stamp, "xsi:type", "dcterms:W3CDTF")
		m.text("dcterms:modified", stamp, "xsi:type", "dcterms:W3CDTF")
	}, "xmlns:cp", packaging+"metadata/core-properties", "xmlns:dc", "http://purl.org/dc/elements/1.1/",
		"xmlns:dcterms", "http://purl.org/dc/terms/", "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
	return part{"docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml", m.part()}
}

func app() part {
	var m markup
	m.in("Properties", func() { m.text("Application", "水宣") }, "xmlns", office+"extended-properties")
	return part{"docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml", m.part()}
}

// contentTypes names the type of every part; it comes first in the package.
func (x *docx) contentTypes() part {
	var m markup
	m.in("Types", func() {
		for _, ending := range [][2]string{{"rels", "application/vnd.openxmlformats-package.relationships+xml"}, {"xml", "application/xml"},
			{"png", "image/png"}, {"jpeg", "image/jpeg"}, {"xlsx", workbookType}} {
			m.at("Default", "Extension", ending[0], "ContentType", ending[1])
		}
		for _, p := range x.parts {
			if p.kind != "" {
				m.at("Override", "PartName", "/"+p.name, "ContentType", p.kind)
			}
		}
	}, "xmlns", packaging+"content-types")
	return part{name: "[Content_Types].xml", bytes: m.part()}
}

// zip writes the parts without times of their own, so that bytes depend on content only.
func (x *docx) zip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, p := range append([]part{x.contentTypes()}, x.parts...) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := f.Write(p.bytes); err != nil {
			return err
		}
	}
	return z.Close()
}

// next counts bookmarks and drawings.
func (x *docx) next() int { x.ids++; return x.ids }
