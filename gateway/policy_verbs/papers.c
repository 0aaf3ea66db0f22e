/* papers.c - `postern policy render`: the papers that follow from policy and
 * settings in force. */
#include "papers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "options.h"
#include "postern/diag.h"
#include "postern/render.h"
#include "postern/text.h"
#include "versions.h"

#define PAPER_BYTES_MAX (16u * 1024 * 1024)
#define PATH_BYTES	700

struct papers {
	const struct verb_args *args;
	const char *what_text, *language, *format_text, *out, *policy_file;
	enum render_what what;
	enum render_format format;
	enum tongue tongue;
	struct policy *policy;
	struct settings *settings;
	struct render_instance instance;
	struct render_channel channels[SETTINGS_CHANNELS_MAX];
	json_t *list; /* --json: one for each paper */
	bool in_force;
};

/* --- settings ------------------------------------------------------------- */

static void fill_channel(const struct papers *r,
			 const struct settings_channel *c,
			 struct render_channel *ret)
{
	const struct settings_helpdesk *desk =
	    settings_route(r->settings, &c->name);

	*ret = (struct render_channel){
	    .name = c->name,
	    .type = c->type,
	    .role = c->provider.role,
	    .contract = c->provider.contract,
	    .mechanism = c->provider.mechanism,
	    .review = c->provider.review,
	};
	if (desk != NULL)
		ret->helpdesk = desk->name;
}

static void fill_instance(struct papers *r)
{
	const struct settings *s = r->settings;

	for (size_t i = 0; i < s->channels_len; i++)
		fill_channel(r, &s->channels[i], &r->channels[i]);
	r->instance = (struct render_instance){
	    .controller = s->controller.name,
	    .contact = s->controller.contact,
	    .dpo = s->controller.dpo,
	    .land = s->controller.land,
	    .channels = r->channels,
	    .channels_len = s->channels_len,
	};
}

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

static int note_json(struct papers *r, enum render_what what, const char *path,
		     const struct buf *bytes)
{
	json_t *one = json_pack("{s:s,s:s,s:s}", "what", render_name(what),
				"language", tongue_code(r->tongue), "format",
				r->format == RENDER_HTML ? "html" : "md");

	if (path != NULL)
		(void)json_object_set_new(one, "file", json_string(path));
	else
		(void)json_object_set_new(
		    one, "text",
		    json_stringn((const char *)bytes->bytes, bytes->len));
	return json_array_append_new(r->list, one) == 0 ? EXIT_DONE
							: refused("no memory");
}

static int put_paper(struct papers *r, enum render_what what,
		     const struct buf *bytes)
{
	char path[PATH_BYTES];
	int status;

	if (r->out == NULL) {
		if (r->list != NULL)
			return note_json(r, what, NULL, bytes);
		(void)fwrite(bytes->bytes, 1, bytes->len, stdout);
		return printed();
	}
	if (snprintf(path, sizeof(path), "%s/%s.%s", r->out, render_name(what),
		     r->format == RENDER_HTML ? "html" : "md") >=
	    (int)sizeof(path))
		return refused("--out is too long");
	status = write_file(path, bytes);
	if (status != EXIT_DONE)
		return status;
	if (r->list != NULL)
		return note_json(r, what, path, bytes);
	(void)printf("%s\n", path);
	return printed();
}

static int one_paper(struct papers *r, enum render_what what)
{
	struct buf bytes = BUF_INIT(PAPER_BYTES_MAX);
	struct err err = {0};
	int status;

	if (render_page(what, r->format, r->tongue, r->policy, &r->instance,
			&bytes, &err) != 0)
		status = refused("%s", err.what);
	else
		status = put_paper(r, what, &bytes);
	buf_free(&bytes);
	return status;
}

/* --- the verb ------------------------------------------------------------- */

static int read_format(struct papers *r)
{
	const char *text = r->format_text;

	if (text == NULL || strcmp(text, "html") == 0)
		r->format = RENDER_HTML;
	else if (strcmp(text, "md") == 0)
		r->format = RENDER_MARKDOWN;
	else
		return refused("--format is none; html or md");
	return EXIT_DONE;
}

static int read_what(struct papers *r)
{
	if (r->what_text != NULL && !render_parse(r->what_text, &r->what))
		return refused("--what is no paper; loeschkonzept, "
			       "verzeichnis, kanaele or massnahmen");
	if (r->what_text != NULL || r->out != NULL)
		return EXIT_DONE;
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

	if (status == EXIT_DONE)
		status = read_what(r);
	if (status == EXIT_DONE)
		status = read_format(r);
	if (status == EXIT_DONE)
		status = option_tongue(r->language, &r->tongue);
	return status;
}

static int print_list(struct papers *r)
{
	char digest[2 * POLICY_DIGEST_BYTES + 1];
	json_t *list = r->list;

	r->list = NULL;
	hex_encode(policy_digest(r->policy), POLICY_DIGEST_BYTES, digest);
	return print_json(
	    json_pack("{s:{s:s,s:I,s:s,s:b},s:o}", "policy", "name",
		      policy_name(r->policy)->text, "version",
		      (json_int_t)policy_version(r->policy), "digest", digest,
		      "in_force", r->in_force, "papers", list));
}

static int write_papers(struct papers *r)
{
	int status = EXIT_DONE;

	fill_instance(r);
	if (r->args->json)
		r->list = json_array();
	for (int what = 0; what < RENDERS && status == EXIT_DONE; what++)
		if (r->what_text == NULL || what == (int)r->what)
			status = one_paper(r, (enum render_what)what);
	if (status == EXIT_DONE && r->args->json)
		status = print_list(r);
	json_decref(r->list);
	return status;
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
