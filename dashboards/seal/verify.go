package seal

import (
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
)

// Verify checks a package of size bytes against its manifest and the manifest against its
// signature. Without a trusted key it can only say by which key it is signed: whoever changes
// a package can sign it anew. Memory is bounded by the manifest, whatever the files' sizes; a
// file is unpacked no further than the manifest says. Every byte of the archive is looked at.
//
// The error is that of reading; what is wrong with the package stands in the report.
func Verify(r io.ReaderAt, size int64, trusted ...ed25519.PublicKey) (Report, error) {
	if len(trusted) == 0 {
		return verify(r, size, nil)
	}
	return verify(r, size, func(public ed25519.PublicKey) bool {
		return slices.ContainsFunc(trusted, func(one ed25519.PublicKey) bool { return bytes.Equal(one, public) })
	})
}

// VerifyFingerprint is Verify where only the fingerprint of the trusted key is known.
func VerifyFingerprint(r io.ReaderAt, size int64, fingerprint string) (Report, error) {
	return verify(r, size, func(public ed25519.PublicKey) bool { return Fingerprint(public) == fingerprint })
}

// examination is one check on its way.
type examination struct {
	r         io.ReaderAt
	size      int64
	trusts    func(ed25519.PublicKey) bool // nil where no key is known
	directory directory
	text      []byte // of the manifest
	signature []byte
	manifest  Manifest
	listed    map[string]File
	rewrapped []string // files whose wrapping is another
	unpacker  io.ReadCloser
	report    Report
}

func verify(r io.ReaderAt, size int64, trusts func(ed25519.PublicKey) bool) (Report, error) {
	x := &examination{r: r, size: size, trusts: trusts, report: Report{Faults: []Fault{}}}
	known, err := x.open()
	if err != nil || !known {
		return x.report, err
	}
	x.checkSignature()
	x.compareNames()
	if err := x.walk(); err != nil {
		return x.report, err
	}
	x.tellWrapping()
	x.report.conclude()
	return x.report, nil
}

// open finds directory and manifest. Where there is none it settles the verdict.
func (x *examination) open() (known bool, err error) {
	if x.directory, err = findDirectory(x.r, x.size); errors.Is(err, errBroken) {
		return false, x.withoutEnd()
	} else if err != nil {
		return false, err
	}
	if !x.directory.has(ManifestName) {
		says := "压缩包里没有封存清单 " + ManifestName + "：这不是水宣封存的卷宗，或者清单已被删去。"
		if x.directory.has(SignatureName) {
			says = "封存清单 " + ManifestName + " 已被删去，只剩下签名，不能核对。"
		}
		x.report.settle(Foreign, says, "请向封存单位重新索取。")
		return false, nil
	}
	if x.text, err = x.content(ManifestName, mostManifest); err != nil {
		return false, err
	}
	if x.signature, err = x.content(SignatureName, ed25519.SignatureSize); err != nil {
		return false, err
	}
	switch x.manifest, err = parseManifest(x.text); {
	case errors.Is(err, errForeign):
		x.report.settle(Foreign, "压缩包里的 "+ManifestName+" 不是水宣的封存清单，这不是水宣封存的卷宗。", "请确认选的是封存单位给的那一个 .zip 文件。")
	case errors.Is(err, errNewer):
		x.report.settle(Newer, "这份卷宗的封存格式比本程序新，本程序不能核对。", "请用封存单位正在用的或更新的水宣核验。")
	case err != nil:
		x.report.fault(FaultManifest, ManifestName, "封存清单读不出来，已被改动或损坏，不能逐个核对文件")
		x.report.conclude()
	default:
		x.report.Sealed, x.report.Key = x.manifest.statement(), x.manifest.Key.Fingerprint
		return true, nil
	}
	return false, nil
}

// withoutEnd settles the verdict of a file that doesn't end as an archive does.
func (x *examination) withoutEnd() error {
	head := make([]byte, min(4, x.size))
	if err := readFull(x.r, head, 0); err != nil {
		return err
	}
	if len(head) == 4 && binary.LittleEndian.Uint32(head) == headerMark {
		x.report.settle(Incomplete, "这个压缩包不完整：结尾缺失或损坏，像是没有下载完、没有复制完。", "请重新下载或复制以后再核验；再次出现的，向封存单位重新索取。")
	} else {
		x.report.settle(Foreign, "这不是压缩包，也就不是水宣封存的卷宗。", "请选择封存单位给的那一个 .zip 文件。")
	}
	return nil
}

// content reads a small file of the archive, up to most bytes and one more. What can't be
// unpacked is as good as empty.
func (x *examination) content(name string, most int64) ([]byte, error) {
	for _, e := range x.directory.entries {
		if e.name != name {
			continue
		}
		l, err := x.local(e)
		if err != nil || !l.readable {
			return nil, err
		}
		in := &failing{r: io.NewSectionReader(x.r, l.data, e.packed)}
		var r io.Reader = in
		if e.method == methodDeflated {
			r = flate.NewReader(in)
		}
		all, err := io.ReadAll(io.LimitReader(r, most+1))
		if in.err != nil {
			return nil, in.err
		}
		if err != nil {
			return nil, nil
		}
		return all, nil
	}
	return nil, nil
}

// failing tells an error of reading apart from one of unpacking.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// checkSignature says who signed the manifest, and whether it is what they signed.
func (x *examination) checkSignature() {
	key := x.manifest.Key
	public := ed25519.PublicKey(key.Public)
	if len(public) != ed25519.PublicKeySize || Fingerprint(public) != key.Fingerprint {
		x.report.fault(FaultManifest, ManifestName, "封存清单里的公钥与它的指纹对不上，清单已被改动")
		return
	}
	switch {
	case x.signature == nil:
		x.report.fault(FaultManifest, SignatureName, "签名文件 %s 缺失或读不出来，不能确认清单是谁签的", SignatureName)
		return
	case len(x.text) > mostManifest || len(x.signature) != ed25519.SignatureSize || !ed25519.Verify(public, x.text, x.signature):
		x.report.fault(FaultManifest, ManifestName, "签名与封存清单对不上：清单或签名在签名以后被改动过，清单里写的内容都不能采信")
		return
	case x.trusts == nil:
		x.report.Trust = Unchecked
	case x.trusts(public):
		x.report.Trust = Trusted
	default:
		x.report.Trust = Untrusted
		x.report.fault(FaultKey, "", "签名有效，但签名的是另一把密钥（指纹 %s），不是核对用的那一把", Grouped(key.Fingerprint))
	}
}

// compareNames tells what was added, removed, repeated or put in another order.
func (x *examination) compareNames() {
	x.listed = make(map[string]File, len(x.manifest.Files))
	order := make([]string, 0, len(x.manifest.Files)+2)
	for _, f := range x.manifest.Files {
		x.listed[f.Name] = f
		x.report.Files, x.report.Bytes = x.report.Files+1, x.report.Bytes+f.Size
		order = append(order, f.Name)
	}
	order = append(order, ManifestName, SignatureName)
	there := make(map[string]int, len(x.directory.entries))
	same := len(order) == len(x.directory.entries)
	for i, e := range x.directory.entries {
		there[e.name]++
		same = same && order[i] == e.name
		_, known := x.listed[e.name]
		switch {
		case there[e.name] == 2:
			x.report.fault(FaultRepeated, e.name, "%s在压缩包里不止一个，打开时可能看到的是另一个", quoted(e.name))
		case there[e.name] > 2, known, e.name == ManifestName, e.name == SignatureName:
		case strings.HasSuffix(e.name, "/"):
			x.report.fault(FaultAdded, e.name, "文件夹%s是封存以后加进去的", quoted(e.name))
		default:
			x.report.fault(FaultAdded, e.name, "%s是封存以后加进去的（%s），清单里没有", quoted(e.name), sizeText(e.size))
		}
	}
	missing := false
	for _, name := range order {
		if there[name] == 0 {
			missing = true
			if name != SignatureName { // told of with the signature
				x.report.fault(FaultRemoved, name, "%s已被删去（封存时%s）", quoted(name), sizeText(x.listed[name].Size))
			}
		}
	}
	if !same && !missing && len(order) == len(x.directory.entries) {
		x.report.fault(FaultWrapping, "", "文件的次序与封存时不同，像是解开后重新打过包")
	}
}
