/* exif.c - which side of a picture is up.
 *
 * The one thing of an Exif block that a picture needs to be seen rightly, so
 * the only one that is read: an entry of the first directory.  No offset of
 * the block is followed but the one to that directory.
 *
 * Source: Exif 2.32 (CIPA DC-008), 4.6.2 and 4.6.4. */
#include "picture/inside.h"

#include <stdbool.h>
#include <string.h>

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT	3
#define ENTRY_BYTES	12

static unsigned int two(const uint8_t *at, bool little)
{
	return little ? (unsigned int)(at[0] | at[1] << 8)
		      : (unsigned int)(at[0] << 8 | at[1]);
}

static uint32_t four(const uint8_t *at, bool little)
{
	uint32_t first = two(at, little), second = two(at + 2, little);

	return little ? first | second << 16 : first << 16 | second;
}

static unsigned int entry_value(const uint8_t *entry, bool little)
{
	unsigned int value = two(entry + 8, little);

	if (two(entry + 2, little) != TYPE_SHORT ||
	    four(entry + 4, little) != 1 || value < 1 || value > 8)
		return EXIF_UPRIGHT;
	return value;
}

unsigned int exif_orientation(const uint8_t *bytes, size_t len)
{
	bool little;
	size_t at, entries;

	if (len >= EXIF_HEAD && memcmp(bytes, "Exif\0", EXIF_HEAD - 1) == 0) {
		bytes += EXIF_HEAD;
		len -= EXIF_HEAD;
	}
	if (len < 8 ||
	    (memcmp(bytes, "II", 2) != 0 && memcmp(bytes, "MM", 2) != 0))
		return EXIF_UPRIGHT;
	little = bytes[0] == 'I';
	at = four(bytes + 4, little);
	if (two(bytes + 2, little) != 42 || at > len - 2)
		return EXIF_UPRIGHT;
	entries = two(bytes + at, little);
	at += 2;
	for (; entries > 0 && len - at >= ENTRY_BYTES; entries--) {
		if (two(bytes + at, little) == TAG_ORIENTATION)
			return entry_value(bytes + at, little);
		at += ENTRY_BYTES;
	}
	return EXIF_UPRIGHT;
}

void exif_make(unsigned int orientation, uint8_t ret[EXIF_HEAD + EXIF_BYTES])
{
	static const uint8_t block[EXIF_HEAD + EXIF_BYTES] = {
	    'E', 'x', 'i', 'f', 0, 0,
	    /* little-endian; the directory follows at 8 */
	    'I', 'I', 42, 0, 8, 0, 0, 0,
	    /* one entry: the tag, a short, one of it, its value */
	    1, 0, 0x12, 0x01, TYPE_SHORT, 0, 1, 0, 0, 0,
	    /* the value goes here, then: no further directory */
	};

	memcpy(ret, block, sizeof(block));
	ret[EXIF_HEAD + 18] = (uint8_t)orientation;
}
