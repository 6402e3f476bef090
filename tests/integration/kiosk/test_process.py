"""The kiosk as it stands in a library: one process, a pad, a scanner, and the register behind the server."""

import socket

from tests.integration.kiosk.stand import CARD, PIN, Stand, run, until


async def test_a_visit_lends_and_takes_back_and_every_row_reaches_the_server(stand: Stand):
    await stand.touch("choose", task="borrow")
    stand.board.scan(CARD)
    await stand.until_shown("Slå din pinkod")
    await stand.type(PIN)
    await stand.until_shown("1 reservation att hämta")
    stand.board.put_items(["3010000000011"])
    await stand.until_shown("Åter senast")
    assert stand.borrower("3010000000011") == CARD
    await stand.touch("finish")
    await stand.until_shown("1 lån")
    await stand.touch("finish")
    await stand.until_shown("Ta dina böcker från plattan.")

    stand.board.put_items([])
    await stand.touch("choose", task="return")
    stand.board.put_items(["3010000000011", "3010000000052"])
    shown = await stand.until_shown("Lägg den i lådan till Lindesberg")
    assert "Ställ den på återlämningshyllan" in shown
    assert stand.borrower("3010000000011") is None
    await stand.touch("finish")
    await stand.touch("finish")

    wanted = ["kiosk.identified", "kiosk.loan", "kiosk.ended", "kiosk.return", "kiosk.return", "kiosk.ended"]
    await until(lambda: [kind for kind in stand.server.kinds() if kind.startswith("kiosk.")] == wanted)
    written = repr([row.model_dump() for row in stand.server.rows.values()])
    for secret in (CARD, PIN, "Sagor", "3010000000011", "Åsa"):
        assert secret not in written


async def test_a_typed_card_number_does_as_well(stand: Stand):
    await stand.touch("choose", task="borrow")
    await stand.type(CARD)
    await stand.until_shown("Slå din pinkod")
    await stand.type("9999")

    shown = await stand.until_shown("Kort eller pinkod stämmer inte")
    assert "0587-810 00" in shown


async def test_a_card_of_ten_thousand_characters_is_refused_and_journalled(stand: Stand):
    await stand.touch("choose", task="borrow")
    stand.board.scan("9" * 10_000)

    await stand.until_shown("Kortet kunde inte läsas")
    await until(lambda: "kiosk.identified" in stand.server.kinds())


async def test_a_server_that_goes_away_is_said_on_the_screen_and_comes_back(stand: Stand):
    await stand.server.stop()
    await stand.until_shown("Det går inte att låna och lämna tillbaka just nu.", within=20)
    await stand.touch("choose", task="return")
    stand.board.put_items(["3010000000052"])
    await stand.until_shown("Vi vet inte om det gick fram.")
    await stand.touch("finish")
    await stand.touch("finish")

    await stand.server.start(stand.folder)
    stand.board.put_items([])
    await until(lambda: "kiosk.return" in stand.server.kinds(), within=40)


async def test_an_unknown_address_has_the_houses_page_and_a_way_to_the_start(stand: Stand):
    for answer in (await stand.page.get("/nowhere"), await stand.page.get("/do/choose")):
        assert answer.status_code in {404, 405}
        assert "Här finns inget" in answer.text
        assert "0587-810 00" in answer.text
        assert 'href="/"' in answer.text


async def test_it_stops_in_order_and_says_so_in_its_journal(stand: Stand):
    assert await stand.stop() == 0

    await stand.start()
    await until(lambda: stand.server.kinds().count("device.started") == 2)
    assert "device.stopped" in stand.server.kinds()


async def test_check_says_what_is_wrong_in_a_sentence_and_nothing_when_all_is_well(stand: Stand):
    code, said = await run("--config", str(stand.write_config()), "--check")
    assert (code, "is it in use?" in said) == (1, True)

    await stand.stop()
    assert await run("--config", str(stand.write_config()), "--check") == (0, "")


async def test_a_misspelt_setting_is_refused_with_the_right_one(stand: Stand):
    code, said = await run("--config", str(stand.write_config("tag_pat = {}")), "--check")

    assert code == 1
    assert "did you mean tag_pad?" in said
    assert "Traceback" not in said


async def test_a_port_in_use_is_one_sentence(stand: Stand):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stand.port = taken.getsockname()[1]

        code, said = await run("--config", str(stand.write_config()))

    assert code == 1
    assert said.splitlines()[-1].startswith(f"meroppet-kiosk: cannot listen at 127.0.0.1:{stand.port}")
    assert "Traceback" not in said


async def test_a_device_without_a_branch_says_how_to_enrol_it(tmp_path):
    config = tmp_path / "kiosk.toml"
    config.write_text(f'state_dir = "{tmp_path}"\n[listen]\nport = 0\n')

    code, said = await run("--config", str(config))

    assert code == 1
    assert "enrol URL#CODE" in said
