/* export.c - `postern ledger export`: a period of the log, to hand to an
 * auditor, every entry with its proof.
 *
 * What is written was checked while it was written: an export of a damaged
 * log would be taken for evidence. */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy_verbs/options.h"
#include "postern/caldate.h"
#include "postern/exportline.h"

size_t export_days(const struct exporting *x)
{
	return (size_t)(x->to_day - x->from_day + 1);
}

int64_t export_from_ms(const struct exporting *x)
{
	return x->from_day * DAY_MS;
}

int64_t export_to_ms(const struct exporting *x)
{
	return (x->to_day + 1) * DAY_MS;
}

/* --- the folder ----------------------------------------------------------- */

static FILE *create(const struct exporting *x, const char *name)
{
	int fd =
	    openat(x->folder, name,
		   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;

	if (out == NULL)
		(void)refused("%s/%s: cannot be made (error %d)", x->out, name,
			      errno);
	return out;
}

static int finish(const struct exporting *x, const char *name, FILE *out,
		  bool good)
{
	if (fclose(out) != 0)
		good = false;
	return good ? 0
		    : refused("%s/%s: cannot be written (error %d)", x->out,
			      name, errno);
}

int export_file(const struct exporting *x, const char *name, const void *bytes,
		size_t len)
{
	FILE *out = create(x, name);

	if (out == NULL)
		return EXIT_REFUSED;
	return finish(x, name, out, fwrite(bytes, 1, len, out) == len);
}

/* Nothing that is there is written over. */
static int make_folder(struct exporting *x)
{
	if (mkdir(x->out, 0700) != 0)
		return refused("%s: %s (error %d)", x->out,
			       errno == EEXIST ? "is there already; a new "
						 "folder is made"
					       : "cannot be made",
			       errno);
	x->folder = open(x->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->folder < 0)
		return refused("%s: cannot be opened (error %d)", x->out,
			       errno);
	return 0;
}

/* --- which entries -------------------------------------------------------- */

struct scan {
	struct exporting *x;
	bool any;
	uint64_t before; /* the first entry behind those before the period */
	uint64_t seen;
};

static void count(struct exporting *x, const struct ledger_told *told)
{
	int64_t day = caldate_local(NULL, told->at_ms);

	/* The clock may have been set back inside the period. */
	if (day < x->from_day)
		day = x->from_day;
	if (day > x->to_day)
		day = x->to_day;
	x->counts[(size_t)(day - x->from_day) * LEDGER_EVENTS_COUNT +
		  (size_t)told->event]++;
}

static int look_at(struct scan *s, uint64_t index, const uint8_t *entry,
		   size_t len)
{
	struct exporting *x = s->x;
	struct ledger_told told;
	struct err err = {0};

	if (index != x->pruned + s->seen)
		return refused("entry %" PRIu64 " is missing; `postern ledger "
			       "verify` says what is wrong with the log",
			       x->pruned + s->seen);
	s->seen++;
	if (ledger_entry_parse(entry, len, &told, &err) != 0)
		return refused("entry %" PRIu64 " is damaged: %s", index,
			       err.what);
	if (told.event == LEDGER_LOG_PRUNED && told.counted)
		x->closing = index;
	if (told.at_ms < export_from_ms(x) && !s->any)
		s->before = index + 1;
	if (told.at_ms < export_from_ms(x) || told.at_ms >= export_to_ms(x))
		return 0;
	if (!s->any)
		x->begin = index;
	s->any = true;
	x->end = index + 1;
	return 0;
}

static int scan_all(struct scan *s, struct ledger_source *source,
		    struct ledger_meter *meter)
{
	struct exporting *x = s->x;
	struct err err = {0};
	const uint8_t *entry;
	uint64_t index;
	size_t len;
	int rc;

	while ((rc = source->next(source->ctx, &index, &entry, &len, &err)) ==
		   1 &&
	       index < x->body.size) {
		if (look_at(s, index, entry, len) != 0)
			return EXIT_REFUSED;
		ledger_meter_show(meter, index + 1, x->body.size);
	}
	if (rc < 0)
		return refused("the log cannot be read: %s", err.what);
	if (x->pruned + s->seen != x->body.size)
		return refused("the log is shorter than its checkpoint; "
			       "`postern ledger verify` says more");
	return 0;
}

/* From the first entry of the period to the last, whatever lies between. */
static int find_entries(struct exporting *x)
{
	struct ledger_reading *reading = NULL;
	struct ledger_source source = {0};
	struct scan s = {.x = x};
	struct ledger_meter meter;
	struct err err = {0};
	int status;

	if (ledger_source_open(x->st, &reading, &source, &err) != 0)
		return refused("the log cannot be read: %s", err.what);
	x->pruned = source.first;
	s.before = source.first;
	ledger_meter_begin(&meter, "looking");
	status = scan_all(&s, &source, &meter);
	ledger_meter_end(&meter);
	ledger_source_close(&reading);
	if (!s.any)
		x->begin = x->end = s.before;
	return status;
}

/* --- lines ---------------------------------------------------------------- */

struct lines {
	struct exporting *x;
	FILE *out;
	struct export_proofs *proofs;
	struct buf entry, text;
};

static int check_line(const struct lines *l, const struct exportline *line)
{
	struct merkle_hash leaf;

	merkle_leaf(line->entry, line->entry_len, &leaf);
	if (merkle_verify_inclusion(line->index, l->x->body.size, &leaf,
				    line->proof, line->proof_len,
				    &l->x->body.root))
		return 0;
	return refused("entry %" PRIu64 " is not the one that was signed; "
		       "`postern ledger verify` says what is wrong",
		       line->index);
}

static int write_line(struct lines *l, uint64_t index, bool outside)
{
	struct exportline line = {.index = index, .outside = outside};
	struct ledger_told told;
	struct err err = {0};

	l->entry.len = 0;
	l->text.len = 0;
	if (ledger_read(l->x->st, index, &l->entry, &err) != 0 ||
	    export_prove(l->proofs, index, l->x->body.size, line.proof,
			 &line.proof_len, &err) != 0)
		return refused("entry %" PRIu64 ": %s", index, err.what);
	line.entry = l->entry.bytes;
	line.entry_len = l->entry.len;
	if (check_line(l, &line) != 0)
		return EXIT_REFUSED;
	if (ledger_entry_parse(line.entry, line.entry_len, &told, &err) != 0 ||
	    exportline_print(&line, &l->text, &err) != 0)
		return refused("entry %" PRIu64 ": %s", index, err.what);
	if (!outside)
		count(l->x, &told);
	return fwrite(l->text.bytes, 1, l->text.len, l->out) == l->text.len
		   ? 0
		   : refused("%s: cannot be written (error %d)", l->x->out,
			     errno);
}

/* With the neighbours, so that nobody can say something was left out. */
static int write_lines(struct lines *l)
{
	const struct exporting *x = l->x;
	uint64_t from = x->begin > x->pruned ? x->begin - 1 : x->begin;
	uint64_t to = x->end < x->body.size ? x->end + 1 : x->end;
	struct ledger_meter meter;
	int status = 0;

	ledger_meter_begin(&meter, "proving");
	for (uint64_t i = from; i < to && status == 0; i++) {
		status = write_line(l, i, i < x->begin || i >= x->end);
		ledger_meter_show(&meter, i - from + 1, to - from);
	}
	ledger_meter_end(&meter);
	/* Nothing stands before a pruned beginning; this entry says why. */
	if (status == 0 && from == x->begin && x->end > x->begin &&
	    x->pruned > 0 && x->closing >= to)
		status = write_line(l, x->closing, true);
	return status;
}

static int export_lines(struct exporting *x)
{
	struct lines l = {.x = x,
			  .entry = BUF_INIT(TILE_ENTRY_MAX),
			  .text = BUF_INIT(EXPORTLINE_BYTES_MAX)};
	int status = EXIT_REFUSED;

	l.proofs = export_proofs_new(x->st, x->body.size);
	if (l.proofs == NULL)
		return refused("no memory");
	l.out = create(x, "entries.jsonl");
	if (l.out != NULL) {
		status = write_lines(&l);
		if (finish(x, "entries.jsonl", l.out, true) != 0)
			status = EXIT_REFUSED;
	}
	free(l.proofs);
	buf_free(&l.entry);
	buf_free(&l.text);
	return status;
}

static int export_keys(struct exporting *x)
{
	struct buf text = BUF_INIT(VERIFY_KEYS_MAX * NOTE_VKEY_BYTES);
	char vkey[NOTE_VKEY_BYTES + 1];
	struct err err = {0};
	int status = 0;

	for (size_t i = 0; i < x->keys.len && status == 0; i++) {
		note_key_print(&x->keys.keys[i], vkey);
		if (buf_append_text(&text, vkey, &err) != 0 ||
		    buf_append_u8(&text, '\n', &err) != 0)
			status = refused("%s", err.what);
	}
	if (status == 0 && text.len > 0)
		status = export_file(x, "vkey", text.bytes, text.len);
	buf_free(&text);
	return status;
}

/* --- the verb ------------------------------------------------------------- */

static int tell(const struct exporting *x)
{
	uint64_t n = x->end - x->begin;

	if (x->args->json)
		return print_json(json_pack(
		    "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "folder",
		    x->out, "log", x->body.origin, "from", x->from, "to", x->to,
		    "size", (json_int_t)x->body.size, "first",
		    (json_int_t)x->begin, "entries", (json_int_t)n,
		    "checkpoints", (json_int_t)x->checkpoints, "stamps",
		    (json_int_t)x->stamps_len));
	(void)printf("%s: %" PRIu64 " entries of %s to %s, %" PRIu64
		     " checkpoints, %zu time stamps.\n"
		     "Verify it elsewhere: postern-verify --vkey KEY %s\n",
		     x->out, n, x->from, x->to, x->checkpoints, x->stamps_len,
		     x->out);
	return printed();
}

/* The checkpoint comes last: without it a half-written export is none. */
static int write_all(struct exporting *x)
{
	int status = find_entries(x);

	if (status == 0)
		status = make_folder(x);
	if (status == 0)
		status = export_lines(x);
	if (status == 0)
		status = export_checkpoints(x);
	if (status == 0)
		status = export_stamps(x);
	if (status == 0)
		status = export_keys(x);
	if (status == 0)
		status = export_report(x);
	if (status == 0)
		status =
		    export_file(x, "checkpoint", x->note.bytes, x->note.len);
	return status == 0 ? tell(x) : status;
}

static int open_log(struct exporting *x)
{
	uint64_t entries;
	struct err err = {0};
	int64_t at_ms;

	if (ledger_look(x->args->dir, &x->st, &err) != 0)
		return refused("%s: %s", x->args->dir, err.what);
	if (ledger_last(x->st, &x->note, &x->body, &at_ms, &err) != 0)
		return err.kind == ERR_ABSENT
			   ? refused("no checkpoint was signed yet; `postern "
				     "ledger checkpoint` signs one")
			   : refused("the log cannot be read: %s", err.what);
	if (ledger_entries(x->st, &entries, &err) != 0)
		return refused("the log cannot be read: %s", err.what);
	x->waiting = entries > x->body.size ? entries - x->body.size : 0;
	ledger_look_keys(x->args->dir, &x->keys);
	x->counts =
	    calloc(export_days(x) * LEDGER_EVENTS_COUNT, sizeof(*x->counts));
	x->signed_on = calloc(export_days(x), sizeof(*x->signed_on));
	if (x->counts == NULL || x->signed_on == NULL)
		return refused("no memory");
	return export_settings(x);
}

static int read_options(struct exporting *x)
{
	const struct option_row rows[] = {{"--from", &x->from, true},
					  {"--to", &x->to, true},
					  {"--out", &x->out, true}};
	int status = options_read(x->args, rows, 3);

	if (status != EXIT_DONE)
		return status;
	if (!caldate_parse(x->from, &x->from_day))
		return refused("--from is no date; such as 2026-01-31");
	if (!caldate_parse(x->to, &x->to_day))
		return refused("--to is no date; such as 2026-12-31");
	if (x->to_day < x->from_day)
		return refused("--to is before --from");
	if (x->to_day - x->from_day >= AUDIT_DAYS_MAX)
		return refused("a period of %d days at most", AUDIT_DAYS_MAX);
	return EXIT_DONE;
}

int ledger_verb_export(const struct verb_args *args)
{
	struct exporting *x = calloc(1, sizeof(*x));
	int status;

	if (x == NULL)
		return refused("no memory");
	x->args = args;
	x->folder = -1;
	x->note = BUF_INIT(NOTE_BYTES_MAX);
	x->root_pem = BUF_INIT(65536);
	status = read_options(x);
	if (status == EXIT_DONE)
		status = open_log(x);
	if (status == EXIT_DONE)
		status = write_all(x);
	store_close(&x->st);
	if (x->folder >= 0)
		(void)close(x->folder); /* a folder */
	buf_free(&x->note);
	buf_free(&x->root_pem);
	free(x->counts);
	free(x->signed_on);
	free(x);
	return status;
}
