package photo

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/bep/imagemeta"
)

// Metadata are what the file says of itself. They support a proof and are never one: a
// messenger strips them, and anybody can write them. What can't be so (a position of 0,0,
// a year of 1970) is left out, and Codes says why.
type Metadata struct {
	Orientation int       // 1 to 8, 1 where nothing is said
	Taken       time.Time // zero: not said, or not believable
	Located     bool
	Longitude   float64 // degrees, WGS-84 as EXIF has it
	Latitude    float64
	Accuracy    *float64 // metres, where the phone tells
	Device      string
	Codes       []string
}

// The closed list of codes: why nothing is known. Package placement has their words.
const (
	NoMetadata         = "no-metadata"
	UnreadableMetadata = "unreadable-metadata"
	TimeUnset          = "time-unset"     // of a clock that was never set
	PositionUnset      = "position-unset" // 0,0, or of a receiver without time
)

const (
	metadataTime  = 2 * time.Second
	metadataTags  = 500
	metadataBytes = 1000 // of one tag: a device's own notes are skipped
)

// firstYear is when phones began to take pictures. Clocks that were never set say 1970,
// 1980 or the first minute of 2000.
var firstYear = time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)

// zone is where a wall clock without a zone stands.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// readMetadata reads EXIF. Nothing that is wrong with it is a fault of the picture. The
// parser runs by itself, so that one that loops is left behind; it has its own reader and
// its own tags, and the number of tags ends it.
func readMetadata(f Format, r io.ReadSeeker) Metadata {
	type result struct {
		tags map[string]any
		err  error
	}
	done := make(chan result, 1)
	go func() {
		tags, err := tagsOf(f, r)
		done <- result{tags, err}
	}()
	select {
	case got := <-done:
		if got.err != nil && len(got.tags) == 0 {
			return Metadata{Orientation: 1, Codes: []string{UnreadableMetadata}}
		}
		return metadataOf(got.tags)
	case <-time.After(metadataTime):
		return Metadata{Orientation: 1, Codes: []string{UnreadableMetadata}}
	}
}

var parserFormats = map[Format]imagemeta.ImageFormat{JPEG: imagemeta.JPEG, PNG: imagemeta.PNG, WebP: imagemeta.WebP, HEIC: imagemeta.HEIF}

// tagsOf gives the tags of the main picture; that of its thumbnail has its own.
func tagsOf(f Format, r io.ReadSeeker) (tags map[string]any, err error) {
	defer recovered(&err)
	tags = map[string]any{}
	_, err = imagemeta.Decode(imagemeta.Options{
		R: r, ImageFormat: parserFormats[f], Sources: imagemeta.EXIF,
		LimitNumTags: metadataTags, LimitTagSize: metadataBytes,
		HandleTag: func(t imagemeta.TagInfo) error {
			if _, again := tags[t.Tag]; !again && strings.HasPrefix(t.Namespace, "IFD0") {
				tags[t.Tag] = t.Value
			}
			return nil
		},
	})
	return tags, err
}

func metadataOf(tags map[string]any) Metadata {
	m := Metadata{Orientation: 1}
	if n, ok := number(tags["Orientation"]); ok && n >= 1 && n <= 8 {
		m.Orientation = int(n)
	}
	m.Device = device(text(tags["Make"]), text(tags["Model"]))
	written := text(tags["DateTimeOriginal"])
	if written == "" {
		written = text(tags["DateTimeDigitized"])
	}
	if written != "" {
		m.Taken = takenAt(written, text(tags["OffsetTimeOriginal"]))
		if m.Taken.Before(firstYear) {
			m.Taken, m.Codes = time.Time{}, append(m.Codes, TimeUnset)
		}
	}
	longitude, east := number(tags["GPSLongitude"])
	latitude, north := number(tags["GPSLatitude"])
	if east && north {
		m.place(signed(longitude, text(tags["GPSLongitudeRef"]), "W"), signed(latitude, text(tags["GPSLatitudeRef"]), "S"), text(tags["GPSDateStamp"]))
	}
	if n, ok := number(tags["GPSHPositioningError"]); ok && m.Located && n > 0 {
		m.Accuracy = &n
	}
	if m.Taken.IsZero() && !m.Located && len(m.Codes) == 0 {
		m.Codes = append(m.Codes, NoMetadata)
	}
	return m
}

// place notes a position that can be one.
func (m *Metadata) place(longitude, latitude float64, day string) {
	nowhere := math.Abs(longitude) < 1e-4 && math.Abs(latitude) < 1e-4
	outside := !(math.Abs(longitude) <= 180) || !(math.Abs(latitude) <= 90)
	if nowhere || outside || (day != "" && day < "2000") {
		m.Codes = append(m.Codes, PositionUnset)
		return
	}
	m.Located, m.Longitude, m.Latitude = true, longitude, latitude
}

// signed applies the side of the equator or of Greenwich.
func signed(v float64, side, negative string) float64 {
	if strings.HasPrefix(strings.ToUpper(side), negative) {
		return -math.Abs(v)
	}
	return v
}

// takenAt reads a wall clock with the zone beside it; most phones here write none.
func takenAt(written, offset string) time.Time {
	if t, err := time.Parse("2006:01:02 15:04:05-07:00", written+offset); err == nil {
		return t
	}
	t, err := time.ParseInLocation("2006:01:02 15:04:05", written, zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// device names the phone; many write their make into the model too.
func device(maker, model string) string {
	name := model
	if !strings.HasPrefix(strings.ToLower(model), strings.ToLower(maker)) {
		name = strings.TrimSpace(maker + " " + model)
	}
	if letters := []rune(name); len(letters) > 60 {
		name = string(letters[:60])
	}
	return name
}

func text(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0xFFFD {
			return -1
		}
		return r
	}, s))
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	case float32:
		return number(float64(n))
	case uint8:
		return float64(n), true
	case uint16:
		return float64(n), true
	case uint32:
		return float64(n), true
	case int:
		return float64(n), true
	case interface{ Float64() float64 }: // a fraction
		return number(n.Float64())
	case fmt.Stringer:
		return 0, false
	}
	return 0, false
}
