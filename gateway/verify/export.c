/* export.c - a period that was exported from a log: "entries.jsonl" beside
 * its "checkpoint".  Every line has its own proof, so that nothing else of
 * the log is needed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/exportline.h"
#include "postern/tilefolder.h"
#include "verify.h"

#define PATH_BYTES     1100
#define VKEY_BYTES_MAX 65536

struct extract {
	const struct verify_ask *ask;
	const char *dir;
	struct tilefolder *folder; /* has no tiles; no link is followed */
	FILE *in;
	struct note note;
	struct checkpoint body;
	struct verify_keys published;
	const struct verify_keys *keys;
	/* What was met. */
	uint64_t lines, first, last, outside, bad;
	bool begins, ends; /* with a neighbour of the period */
	bool closed;	   /* by the entry that says what was pruned */
	uint64_t stays;	   /* its n: the first entry that was not */
	uint64_t stamps;
	const char *why;   /* NULL: the lines are good */
	const char *unfit; /* NULL: so are the checkpoints that were stamped */
};

/* NULL: no export, or one whose lines are no file. */
static FILE *open_lines(const struct extract *x)
{
	char path[PATH_BYTES];
	struct stat st;
	FILE *in = NULL;
	int fd;

	if (snprintf(path, sizeof(path), "%s/entries.jsonl", x->dir) >=
	    (int)sizeof(path))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		in = fdopen(fd, "rb");
	if (in == NULL)
		(void)close(fd); /* read only */
	return in;
}

static int read_checkpoint(struct extract *x, struct err *err)
{
	const char *note;
	size_t len;

	if (tilefolder_open(x->dir, &x->folder, err) != 0)
		return -1;
	note = tilefolder_note(x->folder, &len);
	if (note_parse(note, len, &x->note, err) != 0)
		return -1;
	return checkpoint_parse(x->note.text, x->note.text_len, &x->body, err);
}

static int read_keys(struct extract *x, struct err *err)
{
	struct buf text = BUF_INIT(VKEY_BYTES_MAX);
	int rc;

	x->keys = &x->ask->keys;
	if (x->keys->len > 0)
		return 0;
	x->keys = &x->published;
	rc = tilefolder_file(x->folder, "vkey", VKEY_BYTES_MAX, &text, err);
	if (rc == 0)
		rc = verify_keys_read(&x->published, text.bytes, text.len, err);
	buf_free(&text);
	return rc;
}

/* --- lines ---------------------------------------------------------------- */

/* NULL: it is the entry that was signed. */
static const char *judge_entry(struct extract *x, const struct exportline *line,
			       struct ledger_told *ret)
{
	struct merkle_hash leaf;
	struct err err = {0};

	if (ledger_entry_parse(line->entry, line->entry_len, ret, &err) != 0)
		return "an entry is not canonical";
	merkle_leaf(line->entry, line->entry_len, &leaf);
	if (!merkle_verify_inclusion(line->index, x->body.size, &leaf,
				     line->proof, line->proof_len,
				     &x->body.root))
		return "an entry is not the one that was signed";
	if (ret->event == LEDGER_LOG_PRUNED && ret->counted &&
	    ret->count > x->stays)
		x->stays = ret->count;
	return NULL;
}

static void count(struct extract *x, const struct exportline *line)
{
	if (x->lines++ == 0) {
		x->first = line->index;
		x->begins = line->outside || line->index == 0;
	}
	x->last = line->index;
	x->ends = line->outside || line->index + 1 == x->body.size;
	x->outside += line->outside;
}

/* Behind the neighbour of the period, alone, where nothing could stand before
 * it. */
static const char *judge_closing(struct extract *x,
				 const struct exportline *line)
{
	struct ledger_told told;
	const char *why = judge_entry(x, line, &told);

	if (why == NULL && told.event != LEDGER_LOG_PRUNED)
		why = "an entry is missing, or they are not in order";
	x->closed = true;
	return why;
}

/* NULL: the line is good. */
static const char *judge_line(struct extract *x, const char *text, size_t len)
{
	struct exportline line;
	struct ledger_told told;
	struct err err = {0};
	const char *why;

	x->bad = x->lines == 0 ? 0 : x->last + 1;
	if (x->closed || exportline_parse(text, len, &line, &err) != 0)
		return "a line is none of an exported log";
	if (x->ends && !x->begins && line.outside && line.index > x->last + 1)
		return judge_closing(x, &line);
	if (x->lines > 0 && line.index != x->last + 1)
		return "an entry is missing, or they are not in order";
	x->bad = line.index;
	why = judge_entry(x, &line, &told);
	if (why == NULL)
		count(x, &line);
	return why;
}

/* The first line and the last are neighbours of the period, or the ends of the
 * log; of a log that was pruned an entry of its own says where it begins. */
static void judge_ends(struct extract *x)
{
	if (x->lines == 0) {
		x->why = x->body.size > 0 ? "there are no entries" : NULL;
		x->bad = 0;
	} else if (!x->ends) {
		x->why = "the end of the export is missing";
		x->bad = x->last + 1;
	} else if (!x->begins && x->first > x->stays) {
		x->why = "the beginning of the export is missing";
		x->bad = x->first - 1;
	}
}

static int judge_lines(struct extract *x, struct err *err)
{
	char text[EXPORTLINE_BYTES_MAX + 2];

	while (x->why == NULL && fgets(text, sizeof(text), x->in) != NULL)
		x->why = judge_line(x, text, strcspn(text, "\n"));
	if (ferror(x->in))
		return ERR_SET(err, ERR_BUSY, "cannot be read", errno);
	if (x->why == NULL)
		judge_ends(x);
	return 0;
}

static int judge_stamps(struct extract *x, struct err *err)
{
	if (x->why != NULL)
		return 0;
	return verify_export_stamps(x->dir, x->folder, x->keys, &x->body,
				    &x->stamps, &x->unfit, err);
}

/* --- answers -------------------------------------------------------------- */

static void tell_where(struct answer *a, const struct extract *x)
{
	answer_text(a, "log", "%s", x->body.origin);
	answer_number(a, "size", x->body.size);
	if (x->keys == &x->published)
		answer_text(a, "remark", "%s",
			    "the key was taken from the folder itself: it "
			    "shows that the export agrees with itself, not "
			    "whose it is; --vkey KEY gives one from "
			    "elsewhere");
}

static void tell_lines(struct answer *a, const struct extract *x)
{
	if (x->why != NULL) {
		answer_number(a, "index", x->bad);
	} else if (x->lines > 0) {
		answer_number(a, "first", x->first);
		answer_number(a, "last", x->last);
		if (!x->begins)
			answer_number(a, "pruned", x->stays);
	}
	answer_number(a, "entries", x->lines - x->outside);
	answer_number(a, "outside", x->outside);
	answer_number(a, "stamped", x->stamps);
}

static int tell(const struct extract *x)
{
	const char *why = x->why != NULL ? x->why : x->unfit;
	bool good = why == NULL && verify_cosigned(x->ask, &x->note, &why);
	struct answer a;

	if (good)
		answer_begin(&a, x->ask, "sound",
			     "%" PRIu64 " entries, without a gap, are in the "
			     "log %s of %" PRIu64 " entries",
			     x->lines - x->outside, x->body.origin,
			     x->body.size);
	else
		answer_begin(&a, x->ask,
			     x->why != NULL ? "bad_entry" : "refused", "%s",
			     why);
	tell_lines(&a, x);
	tell_where(&a, x);
	(void)verify_witnesses(&a, x->ask, &x->note, &why);
	if (good)
		answer_good(&a);
	return answer_end(&a);
}

static int bad_signature(const struct extract *x)
{
	struct answer a;

	answer_begin(&a, x->ask, "bad_signature", "%s",
		     "the checkpoint is not signed by the key of the log");
	return answer_end(&a);
}

static int examine(struct extract *x)
{
	struct err err = {0};

	if (x->ask->against != NULL)
		return verify_failed(x->ask,
				     "--checkpoint needs the log itself, not "
				     "an export");
	if (read_checkpoint(x, &err) != 0 || read_keys(x, &err) != 0)
		return verify_failed(x->ask, "%s: checkpoint or vkey: %s",
				     x->dir, err.what);
	if (note_verify(&x->note, x->keys->keys, x->keys->len, NULL, &err) != 0)
		return bad_signature(x);
	if (judge_lines(x, &err) != 0 || judge_stamps(x, &err) != 0)
		return verify_failed(x->ask, "%s: %s", x->dir, err.what);
	return tell(x);
}

int verify_export_ask(struct verify_ask *ask, const char *dir, int *ret_status)
{
	struct extract x = {.ask = ask, .dir = dir};

	x.in = open_lines(&x);
	if (x.in == NULL)
		return 0;
	*ret_status = examine(&x);
	(void)fclose(x.in); /* read only */
	tilefolder_close(&x.folder);
	return 1;
}
