package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // pictures
	_ "image/png"  // pictures
)

// check finds what can't be set, all at once.
func (d Document) check() error {
	var errs []error
	for i, b := range d.Blocks {
		var err error
		switch b := b.(type) {
		case Table:
			err = b.check()
		case Chart:
			err = b.check()
		case Picture:
			_, _, _, err = b.size()
		case nil:
			err = errors.New("is nothing")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("block %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (t Table) check() error {
	if len(t.Columns) == 0 {
		return errors.New("table without columns")
	}
	for i, row := range t.Rows {
		if len(row) > len(t.Columns) {
			return fmt.Errorf("table row %d has %d cells for %d columns", i+1, len(row), len(t.Columns))
		}
	}
	return nil
}

func (c Chart) check() error {
	if len(c.Series) == 0 {
		return errors.New("chart without series")
	}
	n := len(c.Categories)
	if c.Kind == Line && len(c.Times) > 0 {
		n = len(c.Times)
		for i := 1; i < n; i++ {
			if !c.Times[i].After(c.Times[i-1]) {
				return fmt.Errorf("chart time %d is not after the one before", i+1)
			}
		}
	}
	if n == 0 {
		return errors.New("chart without categories")
	}
	for i, s := range c.Series {
		if len(s.Points) != n {
			return fmt.Errorf("chart series %d has %d points for %d categories", i+1, len(s.Points), n)
		}
	}
	return nil
}

// size reads what kind of picture it is and how large it is set, in mm.
func (p Picture) size() (kind string, wide, high float64, err error) {
	config, kind, err := image.DecodeConfig(bytes.NewReader(p.Bytes))
	if err != nil || config.Width < 1 || config.Height < 1 {
		return "", 0, 0, errors.New("picture is neither PNG nor JPEG")
	}
	ratio := float64(config.Height) / float64(config.Width)
	switch wide, high = p.Width, p.Height; {
	case wide <= 0 && high <= 0:
		wide = min(float64(config.Width)*px, textWidth)
		high = wide * ratio
	case wide <= 0:
		wide = high / ratio
	case high <= 0:
		high = wide * ratio
	}
	const room = textHeight - 25 // a caption of two lines stands under it
	if scale := min(textWidth/wide, room/high); scale < 1 {
		wide, high = wide*scale, high*scale
	}
	return kind, wide, high, nil
}
