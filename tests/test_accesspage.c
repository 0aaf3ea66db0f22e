/* test_accesspage.c - a copy to read: whatever others wrote is text in it.
 *
 * Proves: compliance 2.2; Art. 12(1), 15 GDPR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_house.h"
#include "postern/accesspage.h"

#define OUT_MAX (4u * 1024 * 1024)

static struct {
	struct policy *policy;
	struct buf out;
	struct accesspage *page;
} fx;

static const char yaml[] =
    "policy: shop\nversion: 1\n"
    "purposes:\n  support: {basis: contract}\n"
    "data:\n  MSG: {from: process_end, delete: P90D}\n"
    "  MEDIA: {from: process_end, delete: P90D}\n"
    "  RAW: {from: collection, delete: P3D}\n"
    "channels:\n  shop: {purpose: support, data: MSG}\n"
    "helpdesks:\n  desk: {sees: [text], person: alias}\n";

static const struct render_instance instance = {
    .controller = "M\xc3\xbcller & S\xc3\xb6hne <GmbH>",
    .contact = "Weg 1",
    .dpo = "",
    .land = "BE",
};

static struct accesspage_head head(void)
{
	static const struct name channels[] = {{"shop"}, {"gone"}};

	return (struct accesspage_head){
	    .policy = fx.policy,
	    .instance = &instance,
	    .channels = channels,
	    .channels_len = 2,
	    .alias = "Kunde K7QF-29XM",
	    .person = "per_x",
	    .made = "21.11.2026",
	};
}

static int open_page(enum tongue tongue)
{
	const struct accesspage_head h = head();
	struct err err = {0};

	fx.policy = good(yaml);
	fx.out = BUF_INIT(OUT_MAX);
	assert_int_equal(accesspage_new(tongue, &fx.out, &fx.page, &err), 0);
	accesspage_begin(fx.page, &h);
	return 0;
}

static int open_de(void **state)
{
	(void)state;
	return open_page(TONGUE_DE);
}

static int open_en(void **state)
{
	(void)state;
	return open_page(TONGUE_EN);
}

static int close_page(void **state)
{
	(void)state;
	accesspage_free(&fx.page);
	buf_free(&fx.out);
	policy_free(&fx.policy);
	return 0;
}

static const char *end(void)
{
	const struct accesspage_head h = head();
	struct err err = {0};

	accesspage_end(fx.page, &h);
	assert_int_equal(accesspage_check(fx.page, &err), 0);
	return buf_text(&fx.out);
}

static struct accesspage_message message(const char *text)
{
	return (struct accesspage_message){
	    .side = ACCESSPAGE_YOU,
	    .id = "msg_1",
	    .at = "21.11.2026, 18:05 Uhr",
	    .kind = "text",
	    .state = "received",
	    .target = "",
	    .text = text,
	    .text_len = strlen(text),
	    .content = "",
	    .kept = "",
	    .until = "",
	};
}

static void put(const struct accesspage_message *m)
{
	accesspage_section(fx.page, "messages");
	accesspage_message(fx.page, "cnv_1", "shop", m);
	accesspage_section_end(fx.page);
}

static void markup_is_text(void **state)
{
	struct accesspage_message m = message("<script>\"&'</script>\n`x` \1");
	const char *page;

	(void)state;
	m.files[0] = (struct accesspage_file){.name = "<b>\"foto\".jpg",
					      .path = "media/att_1.jpg",
					      .type = "image/jpeg"};
	m.files_len = 1;
	put(&m);
	page = end();
	assert_null(strstr(page, "<script"));
	assert_non_null(strstr(page, "&lt;script&gt;&quot;&amp;'&lt;/script&gt;"
				     "<br/>`x` \xef\xbf\xbd"));
	assert_non_null(strstr(page, "&lt;b&gt;&quot;foto&quot;.jpg"));
	assert_non_null(strstr(page, "M\xc3\xbcller &amp; S\xc3\xb6hne &lt;"));
	assert_non_null(strstr(page, "default-src 'none'"));
	assert_null(strstr(page, "http-equiv=\"refresh\""));
}

static void what_is_marked_says_so(void **state)
{
	struct accesspage_message m = message("Hallo");
	const char *page;

	(void)state;
	m.restricted = m.masked = true;
	m.kept = "restrict_until";
	m.until = "2033-01-01";
	m.target = "msg_0";
	put(&m);
	page = end();
	assert_non_null(strstr(page, "Art. 18 DSGVO"));
	assert_non_null(strstr(page, "Art. 15 Abs. 4 DSGVO"));
	assert_non_null(
	    strstr(page, "gesetzlich aufzubewahren, bis 2033-01-01"));
	assert_non_null(strstr(page, "<a href=\"#msg_0\">"));
}

static const char *a_cell(void *ctx, const char *member)
{
	(void)ctx;
	if (strcmp(member, "kind") == 0)
		return "withdrawn";
	return strcmp(member, "answer") == 0 ? "<i>STOP</i>" : "";
}

static void tables_speak_words(void **state)
{
	const char *page;

	(void)state;
	accesspage_section(fx.page, "consents");
	accesspage_row(fx.page, a_cell, NULL);
	accesspage_section_end(fx.page);
	accesspage_section(fx.page, "notes");
	accesspage_section_end(fx.page);
	accesspage_section(fx.page, "no such part");
	accesspage_row(fx.page, a_cell, NULL);
	accesspage_section_end(fx.page);
	page = end();
	assert_non_null(strstr(page, "widerrufen"));
	assert_non_null(strstr(page, "&lt;i&gt;STOP&lt;/i&gt;"));
	assert_non_null(strstr(page, "Es gibt keine Notizen."));
	assert_non_null(strstr(page, "Dieser Kanal ist geschlossen."));
	assert_non_null(strstr(page, "90 Tage"));
}

static void it_is_there_in_english(void **state)
{
	struct accesspage_message m = message("Hello");
	const char *page;

	(void)state;
	put(&m);
	page = end();
	assert_non_null(strstr(page, "lang=\"en\""));
	assert_non_null(strstr(page, "You \xc2\xb7 21.11.2026"));
	assert_non_null(strstr(page, "What is done with your data"));
	assert_null(strstr(page, "DSGVO"));
}

static void each_conversation_is_a_chat_of_its_own(void **state)
{
	struct accesspage_message m = message("Hallo");
	const char *page, *at;
	size_t lists = 0;

	(void)state;
	accesspage_section(fx.page, "messages");
	accesspage_message(fx.page, "cnv_1", "shop", &m);
	accesspage_message(fx.page, "cnv_1", "shop", &m);
	accesspage_message(fx.page, "cnv_2", "gone", &m);
	accesspage_section_end(fx.page);
	page = end();
	for (at = page; (at = strstr(at, "<ol class=\"chat\">")) != NULL; at++)
		lists++;
	assert_int_equal(lists, 2);
}

static void a_full_buffer_is_told(void **state)
{
	struct err err = {0};

	(void)state;
	fx.out.cap = fx.out.len + 100;
	put(&(struct accesspage_message){.id = "msg_1",
					 .at = "",
					 .kind = "text",
					 .state = "",
					 .target = "",
					 .content = "",
					 .kept = "",
					 .until = "",
					 .text = yaml,
					 .text_len = strlen(yaml)});
	assert_int_equal(accesspage_check(fx.page, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

#define CASE(f, open) cmocka_unit_test_setup_teardown(f, open, close_page)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(markup_is_text, open_de),
	    CASE(what_is_marked_says_so, open_de),
	    CASE(tables_speak_words, open_de),
	    CASE(it_is_there_in_english, open_en),
	    CASE(each_conversation_is_a_chat_of_its_own, open_de),
	    CASE(a_full_buffer_is_told, open_de),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
