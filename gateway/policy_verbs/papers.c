/* papers.c - `postern policy render`: the papers that follow from policy and
 * settings in force. */
#include "papers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "options.h"
#include "policy_tools/papers.h"
#include "postern/diag.h"
#include "versions.h"

#define PATH_BYTES 700

struct papers {
	const struct verb_args *args;
	const char *what_text, *language, *format_text, *out, *policy_file;
	struct papers_wish wish;
	struct policy *policy;
	struct settings *settings;
	struct papers_instance instance;
	json_t *list; /* --json: one for each paper */
	bool in_force;
};

/* --- settings ------------------------------------------------------------- */

/* Papers about channels that are not there would be about nobody. */
static bool agree(const struct papers *r)
{
	struct name channels[SETTINGS_CHANNELS_MAX];
	struct name helpdesks[SETTINGS_HELPDESKS_MAX];
	struct diag *diag = calloc(1, sizeof(*diag));
	bool good;

	if (diag == NULL) {
		(void)refused("no memory");
		return false;
	}
	diag_init(diag, files_label(r->policy_file));
	for (size_t i = 0; i < r->settings->channels_len; i++)
		channels[i] = r->settings->channels[i].name;
	for (size_t i = 0; i < r->settings->helpdesks_len; i++)
		helpdesks[i] = r->settings->helpdesks[i].name;
	good = policy_check_names(r->policy, channels,
				  r->settings->channels_len, helpdesks,
				  r->settings->helpdesks_len, diag) == 0;
	diag_print(diag, stderr);
	free(diag);
	return good;
}

/* --- where it goes -------------------------------------------------------- */

static int write_all(int fd, const struct buf *bytes)
{
	for (size_t at = 0; at < bytes->len;) {
		ssize_t n = write(fd, bytes->bytes + at, bytes->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}

/* Beside it first, so that a reader never meets half a paper. */
static int write_file(const char *path, const struct buf *bytes)
{
	char beside[PATH_BYTES + 8];
	int fd, rc;

	(void)snprintf(beside, sizeof(beside), "%s.new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		  0644);
	if (fd < 0)
		return refused("%s: cannot be made (error %d)", beside, errno);
	rc = write_all(fd, bytes);
	if (close(fd) != 0)
		rc = -1;
	if (rc == 0 && rename(beside, path) == 0)
		return EXIT_DONE;
	(void)unlink(beside);
	return refused("%s: cannot be written (error %d)", path, errno);
}

static int note_file(struct papers *r, enum render_what what, const char *path)
{
	json_t *one = paper_json(&r->wish, what);

	(void)json_object_set_new(one, "file", json_string(path));
	return json_array_append_new(r->list, one) == 0 ? EXIT_DONE
							: refused("no memory");
}

static int put_paper(struct papers *r, enum render_what what,
		     const struct buf *bytes)
{
	char path[PATH_BYTES];
	int status;

	if (r->out == NULL) {
		(void)fwrite(bytes->bytes, 1, bytes->len, stdout);
		return printed();
	}
	if (snprintf(path, sizeof(path), "%s/%s.%s", r->out, render_name(what),
		     r->wish.format == RENDER_HTML ? "html" : "md") >=
	    (int)sizeof(path))
		return refused("--out is too long");
	status = write_file(path, bytes);
	if (status != EXIT_DONE)
		return status;
	if (r->list != NULL)
		return note_file(r, what, path);
	(void)printf("%s\n", path);
	return printed();
}

static int one_paper(struct papers *r, enum render_what what)
{
	struct buf bytes = BUF_INIT(PAPER_BYTES_MAX);
	struct err err = {0};
	int status;

	if (render_page(what, r->wish.format, r->wish.tongue, r->policy,
			&r->instance.instance, &bytes, &err) != 0)
		status = refused("%s", err.what);
	else
		status = put_paper(r, what, &bytes);
	buf_free(&bytes);
	return status;
}

/* --- the verb ------------------------------------------------------------- */

static int read_wish(struct papers *r)
{
	struct complaint why;

	if (papers_read(r->what_text, r->format_text, &r->wish, &why) != 0)
		return refused_by(&why);
	if (r->wish.one || r->out != NULL)
		return option_tongue(r->language, &r->wish.tongue);
	(void)refused("--what names one of them, or --out a folder for all");
	return EXIT_USAGE;
}

static int read_options(struct papers *r)
{
	const struct option_row rows[] = {
	    {"--what", &r->what_text, false},
	    {"--language", &r->language, false},
	    {"--format", &r->format_text, false},
	    {"--out", &r->out, false},
	    {"--policy", &r->policy_file, false},
	};
	int status =
	    options_read(r->args, rows, sizeof(rows) / sizeof(rows[0]));

	return status == EXIT_DONE ? read_wish(r) : status;
}

/* Files are listed; without them the texts are the answer. */
static int write_files(struct papers *r)
{
	int status = EXIT_DONE;
	json_t *list;

	if (r->args->json)
		r->list = json_array();
	for (int what = 0; what < RENDERS && status == EXIT_DONE; what++)
		if (!r->wish.one || what == (int)r->wish.what)
			status = one_paper(r, (enum render_what)what);
	list = r->list;
	r->list = NULL;
	if (status == EXIT_DONE && r->args->json)
		return print_json(papers_json(r->policy, r->in_force, list));
	json_decref(list);
	return status;
}

static int write_papers(struct papers *r)
{
	struct err err = {0};
	json_t *root;

	papers_fill(r->settings, &r->instance);
	if (!r->args->json || r->out != NULL)
		return write_files(r);
	if (papers_texts(&r->wish, r->policy, &r->instance, r->in_force, &root,
			 &err) != 0)
		return refused("%s", err.what);
	return print_json(root);
}

/* Of what is in force, if there is an instance to ask. */
static int read_policy(struct papers *r)
{
	struct buf bytes;
	int rc;

	if (r->policy_file != NULL || !versions_in_force(r->args, &bytes))
		return files_policy(r->args->dir, r->policy_file, &r->policy);
	r->in_force = true;
	rc = files_policy_parse("the policy in force", &bytes, &r->policy);
	buf_free(&bytes);
	return rc;
}

int policy_render_papers(const struct verb_args *args)
{
	struct papers *r = calloc(1, sizeof(*r));
	int status;

	if (r == NULL)
		return refused("no memory");
	r->args = args;
	status = read_options(r);
	if (status == EXIT_DONE) {
		status = EXIT_REFUSED;
		if (read_policy(r) == 0 &&
		    files_settings(args->dir, true, &r->settings) == 0 &&
		    agree(r))
			status = write_papers(r);
	}
	settings_free(&r->settings);
	policy_free(&r->policy);
	free(r);
	return status;
}
