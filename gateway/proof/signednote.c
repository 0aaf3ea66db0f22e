/* signednote.c - signed notes: read, and verified. */
#include "signednote.h"

#include <sodium.h>

#include "lines.h"
#include "postern/text.h"

bool note_text_valid(const char *text, size_t len)
{
	return len <= NOTE_TEXT_MAX && text_is_plain(text, len);
}

/* --- reading -------------------------------------------------------------- */

#define STEP_TEXT  64 /* base64 digits decoded at once */
#define STEP_BYTES (STEP_TEXT / 4 * 3)

/* The key id and what follows it.  A signature of a type that is not known
 * here may be of any length, so it is decoded step by step and only its
 * beginning is kept. */
static bool signature_bytes(const char *text, size_t len,
			    struct note_signature *ret)
{
	uint8_t head[KEY_ID_BYTES + NOTE_SIGNATURE_BYTES], step[STEP_BYTES];
	size_t kept = 0, all = 0, got;
	struct cut in;

	for (size_t at = 0; at < len; at += STEP_TEXT) {
		size_t now = len - at < STEP_TEXT ? len - at : STEP_TEXT;

		/* Padding stands only at the end. */
		if (!base64_decode(text + at, now, step, sizeof(step), &got) ||
		    (at + now < len && got != sizeof(step)))
			return false;
		all += got;
		for (size_t i = 0; i < got && kept < sizeof(head); i++)
			head[kept++] = step[i];
	}
	if (all <= KEY_ID_BYTES)
		return false;
	in = CUT(head, kept);
	ret->id = cut_u32(&in);
	ret->bytes_len = all > sizeof(head) ? 0 : in.left;
	memcpy(ret->bytes, in.at, in.left);
	return true;
}

static bool signature_line(const char *line, size_t len,
			   struct note_signature *ret)
{
	const char *name = line + strlen(DASH), *space;
	size_t left;

	if (len <= strlen(DASH) || memcmp(line, DASH, strlen(DASH)) != 0)
		return false;
	left = len - strlen(DASH);
	space = memchr(name, ' ', left);
	if (space == NULL)
		return false;
	*ret = (struct note_signature){.name = name,
				       .name_len = (size_t)(space - name)};
	return note_name_plain(name, ret->name_len) &&
	       signature_bytes(space + 1, left - ret->name_len - 1, ret);
}

/* Where the text ends: at the last empty line. */
static bool text_end(const char *bytes, size_t len, size_t *ret)
{
	for (size_t i = len - 1; i >= 1; i--)
		if (bytes[i] == '\n' && bytes[i - 1] == '\n') {
			*ret = i;
			return true;
		}
	return false;
}

static int signatures(struct lines *l, struct note *ret, struct err *err)
{
	const char *line;
	size_t len;

	while (lines_next(l, &line, &len)) {
		if (ret->signatures_len == NOTE_SIGNATURES_MAX)
			return ERR_SET(err, ERR_INPUT,
				       "a note has too many signatures", 0);
		if (!signature_line(line, len,
				    &ret->signatures[ret->signatures_len]))
			return ERR_SET(err, ERR_INPUT,
				       "a signature of a note is malformed", 0);
		ret->signatures_len++;
	}
	if (ret->signatures_len == 0)
		return ERR_SET(err, ERR_INPUT, "a note has no signature", 0);
	return 0;
}

int note_parse(const char *bytes, size_t len, struct note *ret, struct err *err)
{
	struct note note = {.text = bytes};
	struct lines l;

	if (len > NOTE_BYTES_MAX)
		return ERR_SET(err, ERR_INPUT, "a note is too long", 0);
	if (!text_is_plain(bytes, len))
		return ERR_SET(err, ERR_INPUT,
			       "a note is lines of UTF-8 without control "
			       "characters",
			       0);
	if (!text_end(bytes, len, &note.text_len))
		return ERR_SET(err, ERR_INPUT,
			       "a note has no empty line before its "
			       "signatures",
			       0);
	if (!note_text_valid(bytes, note.text_len))
		return ERR_SET(err, ERR_INPUT, "a note is too long", 0);
	l = (struct lines){.at = bytes + note.text_len + 1,
			   .left = len - note.text_len - 1};
	if (signatures(&l, &note, err) != 0)
		return -1;
	*ret = note;
	return 0;
}

/* --- verifying ------------------------------------------------------------ */

size_t note_cosigned(const char *body, size_t body_len, uint64_t time_s,
		     uint8_t ret[COSIGNED_MAX])
{
	int head =
	    snprintf((char *)ret, COSIGNED_MAX - NOTE_TEXT_MAX,
		     "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);

	memcpy(ret + head, body, body_len);
	return (size_t)head + body_len;
}

static bool cosignature_holds(const struct note *note,
			      const struct note_key *key,
			      const struct note_signature *s, uint64_t time_s)
{
	uint8_t message[COSIGNED_MAX];
	size_t len;

	if (time_s > INT64_MAX || note->text_len > NOTE_TEXT_MAX)
		return false;
	len = note_cosigned(note->text, note->text_len, time_s, message);
	return crypto_sign_verify_detached(s->bytes + TIME_BYTES, message, len,
					   key->bytes) == 0;
}

static bool holds(const struct note *note, const struct note_key *key,
		  const struct note_signature *s, uint64_t *ret_time_s)
{
	struct cut in = CUT(s->bytes, s->bytes_len);

	*ret_time_s = 0;
	if (key->type == NOTE_ED25519)
		return s->bytes_len == ED25519_BYTES &&
		       crypto_sign_verify_detached(
			   s->bytes, (const uint8_t *)note->text,
			   note->text_len, key->bytes) == 0;
	*ret_time_s = cut_u64(&in);
	return key->type == NOTE_COSIGNATURE &&
	       s->bytes_len == TIME_BYTES + ED25519_BYTES &&
	       cosignature_holds(note, key, s, *ret_time_s);
}

enum note_verdict note_check(const struct note *note,
			     const struct note_key *key, uint64_t *ret_time_s)
{
	enum note_verdict verdict = NOTE_ABSENT;
	size_t name_len = strlen(key->name);
	uint64_t time_s, latest = 0;

	for (size_t i = 0; i < note->signatures_len; i++) {
		const struct note_signature *s = &note->signatures[i];

		if (s->id != key->id || s->name_len != name_len ||
		    memcmp(s->name, key->name, name_len) != 0)
			continue;
		if (!holds(note, key, s, &time_s))
			return NOTE_BAD;
		verdict = NOTE_GOOD;
		if (time_s > latest)
			latest = time_s;
	}
	if (verdict == NOTE_GOOD && ret_time_s != NULL)
		*ret_time_s = latest;
	return verdict;
}

static int rejected(bool *good, size_t len, struct err *err, bool bad)
{
	for (size_t i = 0; good != NULL && i < len; i++)
		good[i] = false;
	if (bad)
		return ERR_SET(err, ERR_DENIED,
			       "a signature of a known key is wrong", 0);
	return ERR_SET(err, ERR_DENIED, "no signature of a known key", 0);
}

int note_verify(const struct note *note, const struct note_key *keys,
		size_t keys_len, bool *ret_good, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < keys_len; i++) {
		enum note_verdict verdict = note_check(note, &keys[i], NULL);

		if (verdict == NOTE_BAD)
			return rejected(ret_good, keys_len, err, true);
		any = any || verdict == NOTE_GOOD;
		if (ret_good != NULL)
			ret_good[i] = verdict == NOTE_GOOD;
	}
	if (!any)
		return rejected(ret_good, keys_len, err, false);
	return 0;
}
