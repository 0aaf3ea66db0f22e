/* note.c - is this note signed by these keys? */
#include <string.h>

#include "verify.h"

struct tally {
	enum note_verdict verdicts[NOTE_SIGNATURES_MAX];
	bool good, bad;
};

static bool is_of(const struct note_signature *s, const struct note_key *key)
{
	return s->id == key->id && s->name_len == strlen(key->name) &&
	       memcmp(s->name, key->name, s->name_len) == 0;
}

static void judge(const struct note *note, const struct verify_keys *keys,
		  struct tally *ret)
{
	*ret = (struct tally){0};
	for (size_t i = 0; i < note->signatures_len; i++) {
		ret->verdicts[i] = NOTE_ABSENT;
		for (size_t k = 0; k < keys->len; k++)
			if (is_of(&note->signatures[i], &keys->keys[k]))
				ret->verdicts[i] =
				    note_check(note, &keys->keys[k], NULL);
		ret->good |= ret->verdicts[i] == NOTE_GOOD;
		ret->bad |= ret->verdicts[i] == NOTE_BAD;
	}
}

static void list(struct answer *a, const char *name, const struct note *note,
		 const struct tally *t, enum note_verdict which)
{
	answer_list(a, name);
	for (size_t i = 0; i < note->signatures_len; i++)
		if (t->verdicts[i] == which)
			answer_item(a, note->signatures[i].name,
				    note->signatures[i].name_len);
	answer_list_end(a);
}

static int tell(const struct verify_ask *ask, const struct note *note)
{
	struct err err = {0};
	struct answer a;
	struct tally t;
	bool ok;

	judge(note, &ask->keys, &t);
	/* The rule itself is that of the module; the tally only tells. */
	ok = note_verify(note, ask->keys.keys, ask->keys.len, NULL, &err) == 0;
	answer_begin(&a, ask, ok ? "ok" : "reject", "%s",
		     ok	     ? "signed by a key that was given"
		     : t.bad ? "a signature of a key that was given is wrong"
			     : "no signature of a key that was given");
	list(&a, "verified", note, &t, NOTE_GOOD);
	list(&a, "unverified", note, &t, NOTE_ABSENT);
	list(&a, "wrong", note, &t, NOTE_BAD);
	if (ok)
		answer_good(&a);
	return answer_end(&a);
}

static int malformed(const struct verify_ask *ask, const struct err *err)
{
	struct answer a;

	answer_begin(&a, ask, "malformed", "%s", err->what);
	answer_list(&a, "verified");
	answer_list_end(&a);
	answer_list(&a, "unverified");
	answer_list_end(&a);
	return answer_end(&a);
}

int verify_note_ask(struct verify_ask *ask)
{
	struct buf bytes = BUF_INIT(NOTE_BYTES_MAX);
	struct err err = {0};
	struct note note;
	int status;

	if (verify_read(ask->note, NOTE_BYTES_MAX, &bytes, &err) != 0)
		status =
		    err.kind == ERR_INPUT
			? malformed(ask, &err)
			: verify_failed(ask, "%s: %s", ask->note, err.what);
	else if (note_parse((const char *)bytes.bytes, bytes.len, &note,
			    &err) != 0)
		status = malformed(ask, &err);
	else
		status = tell(ask, &note);
	buf_free(&bytes);
	return status;
}
