package backup

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestAheadAndBehind give the same bytes in their order, whatever their number, and the error
// where it is.
func TestAheadAndBehind(t *testing.T) {
	broken := errors.New("a bad block")
	for _, size := range []int{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 7*pieceSize + 3} {
		body := make([]byte, size)
		for i := range body {
			body[i] = byte(i ^ i>>8 ^ i>>16)
		}
		for want, end := range map[error]io.Reader{nil: bytes.NewReader(nil), broken: iotest.ErrReader(broken)} {
			a := newAhead(io.MultiReader(bytes.NewReader(body), end))
			got, err := io.ReadAll(a)
			a.Close()
			if !bytes.Equal(got, body) || !errors.Is(err, want) {
				t.Errorf("%d bytes read ahead are %d, %v, want %v", size, len(got), err, want)
			}
		}
		var out bytes.Buffer
		b := newBehind(&out)
		n, err := io.CopyBuffer(struct{ io.Writer }{b}, struct{ io.Reader }{bytes.NewReader(body)}, make([]byte, 1000))
		if err := errors.Join(err, b.Close(), b.Close()); err != nil || n != int64(size) || !bytes.Equal(out.Bytes(), body) {
			t.Errorf("%d bytes written behind are %d, %v", size, out.Len(), err)
		}
	}
	newAhead(bytes.NewReader(make([]byte, 9*pieceSize))).Close() // nobody reads it
	b := newBehind(failing{broken})
	var err error
	for range 100 {
		if _, err = b.Write(make([]byte, pieceSize)); err != nil {
			break
		}
	}
	if !errors.Is(err, broken) || !errors.Is(b.Close(), broken) {
		t.Errorf("a write that failed: %v", err)
	}
	b = newBehind(failing{broken})
	if _, err := b.Write([]byte("x")); err != nil || !errors.Is(b.Close(), broken) {
		t.Errorf("a last write that failed: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
