/** What the name of a file says about it, and what it tries to hide. */
import type { FileSign } from "./evidence.ts";

const EXECUTABLE = new Set(
  (
    "exe scr com pif bat cmd msi msp mst msix msixbundle appx appxbundle appinstaller cpl dll ocx sys drv gadget application " +
    "vb vbs vbe js jse ws wsc wsf wsh hta jar jnlp class ps1 ps1xml ps2 psc1 psm1 reg inf ins isp sct shb shs " +
    "lnk url scf library-ms search-ms searchconnector-ms settingcontent-ms website desktop chm hlp xll wll " +
    "app command dmg pkg sh run deb rpm apk elf vbscript mde ade adp mdb accde one"
  ).split(" "),
);
const WITH_MACROS = new Set("docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm xla xlw ppa".split(" "));
const DISK_IMAGES = new Set("iso img vhd vhdx udf nrg toast".split(" "));
const WEB_PAGES = new Set("htm html xhtml xht shtml mht mhtml svg".split(" "));
const ARCHIVES = new Set("zip rar 7z ace arj cab gz tgz bz2 tbz xz txz tar lzh lha z zst uue r00 zipx".split(" "));
/** What people open without a thought. */
const HARMLESS = new Set(
  "pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv jpg jpeg png gif bmp tif tiff webp mp3 mp4 avi mov wav htm html eml xml".split(
    " ",
  ),
);
const TURNING = /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/;
const PADDING = /[\s\u00a0\u2000-\u200b\u3000_]{8,}/;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;

/** Characters at the end of a name in which its extensions are looked for: as long as names of files may be. */
const END_CHARACTERS_MAX = 255;

/** Signs of the name alone. */
export function signsOfName(name: string): readonly FileSign[] {
  const signs: FileSign[] = [];
  const [last = "", before = ""] = extensions(name);
  const executableInside = EXECUTABLE.has(before) && ARCHIVES.has(last);
  if (EXECUTABLE.has(last) || executableInside) signs.push("executable-name");
  if ((EXECUTABLE.has(last) && HARMLESS.has(before)) || executableInside) signs.push("double-extension");
  if (TURNING.test(name)) signs.push("turned-name");
  if (PADDING.test(name)) signs.push("padded-name");
  if (WITH_MACROS.has(last)) signs.push("macros");
  if (DISK_IMAGES.has(last)) signs.push("disk-image");
  if (WEB_PAGES.has(last)) signs.push("web-page");
  if (ARCHIVES.has(last) && ARCHIVES.has(before) && before !== "tar") signs.push("archive-in-archive");
  return signs;
}

/** Extension in lower case without its dot, as Windows sees it: blanks and dots behind it do not count. Empty for none. */
export function extensionOf(name: string): string {
  return extensions(name)[0] ?? "";
}

export function isArchiveName(name: string): boolean {
  return ARCHIVES.has(extensionOf(name));
}

/** From the last to the first. */
function extensions(name: string): readonly string[] {
  // The end says what opens it; of a longer one the normal form may take the square of its marks that combine.
  const base = name.slice(
    Math.max(name.lastIndexOf("/") + 1, name.lastIndexOf("\\") + 1, name.length - END_CHARACTERS_MAX),
  );
  const [, ...found] = base.normalize("NFKC").replace(INVISIBLE, "").toLowerCase().split(".");
  const trimmed = found.map((extension) => extension.trim());
  while (trimmed.at(-1) === "") trimmed.pop();
  return trimmed.toReversed();
}
