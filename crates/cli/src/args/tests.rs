//! Command lines as people type them.

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use edge502_rules::access_log::Encoding;
use time::macros::datetime;

use super::*;

fn parse(line: &str) -> Arguments {
    Arguments::try_parse_from(line.split_whitespace()).unwrap()
}

fn refusal(line: &str) -> clap::Error {
    Arguments::try_parse_from(line.split_whitespace()).expect_err(line)
}

fn run(line: &str) -> RunArguments {
    match parse(line).command {
        Command::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn edge(line: &str) -> EdgeArguments {
    match parse(line).command {
        Command::Edge(edge) => edge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_description_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn run_plays_everything_by_default() {
    let run = run("edge502 run");
    assert!(run.ids.is_empty() && !run.all);
    assert_eq!((run.rules.rules, run.rules.error_pages), (Rulebook::Documented, ErrorPages::Edge2019));
    assert_eq!((run.time.at, run.concurrency, run.format), (None, values::concurrency(), ReportFormat::Text));
}

#[test]
fn run_takes_ids_and_choices() {
    let run = run("edge502 run a/b c/ --rules observed --error-pages 2026 --concurrency 2 --format junit");
    assert_eq!(run.ids, ["a/b", "c/"]);
    assert_eq!((run.rules.rules, run.rules.error_pages), (Rulebook::Observed, ErrorPages::OriginFacing2026));
    assert_eq!((run.concurrency.get(), run.format), (2, ReportFormat::Junit));
    assert_eq!(refusal("edge502 run --all a/b").kind(), ErrorKind::ArgumentConflict);
    assert_eq!(refusal("edge502 run --concurrency 0").kind(), ErrorKind::ValueValidation);
}

#[test]
fn wrong_words_get_the_right_ones() {
    assert!(refusal("edge502 run --rules observd").to_string().contains("observed"));
    assert!(refusal("edge502 run --error-pages 2020").to_string().contains("2019, 2026"));
    assert!(refusal("edge502 serv a/b").to_string().contains("serve"));
    assert_eq!(refusal("edge502 serve a/b --format junit").kind(), ErrorKind::InvalidValue);
    assert_eq!(refusal("edge502 sing").kind(), ErrorKind::InvalidSubcommand);
    assert_eq!(refusal("edge502 train --assess --mystery").kind(), ErrorKind::ArgumentConflict);
    assert_eq!(refusal("edge502 train --sheet out").kind(), ErrorKind::MissingRequiredArgument);
    assert_eq!(refusal("edge502 check").kind(), ErrorKind::MissingRequiredArgument);
}

#[test]
fn a_time_is_read_in_two_forms() {
    assert_eq!(run("edge502 run --at 2026-11-23").time.at, Some(datetime!(2026-11-23 00:00 UTC)));
    assert_eq!(run("edge502 run --at 2026-11-23T10:00:00+01:00").time.at, Some(datetime!(2026-11-23 09:00 UTC)));
    for bad in ["yesterday", "2026-13-01", "2026-11-23T10:00"] {
        assert!(refusal(&format!("edge502 run --at {bad}")).to_string().contains("2026-11-23T10:00:00Z"));
    }
}

#[test]
fn a_time_is_one_at_which_everything_works() {
    for good in ["1990-01-01", "2200-01-01", "2200-01-01T05:00:00+05:00"] {
        assert!(run(&format!("edge502 run --at {good}")).time.at.is_some());
    }
    for bad in ["1960-01-01", "1990-01-01T00:00:00+00:01", "2200-01-01T00:00:01Z", "9999-12-31T23:59:59-01:00"] {
        let refused = refusal(&format!("edge502 run --at {bad}")).to_string();
        assert!(refused.contains("from 1990-01-01 to 2200-01-01"), "{refused}");
    }
}

#[test]
fn an_edge_listens_where_it_is_told() {
    let edge = edge("edge502 edge --distribution - --http 8080 --https [::1]:8443 --access-log log.txt");
    assert_eq!(edge.distribution, Stream::Standard);
    assert_eq!(edge.log.access_log, Some(Stream::File("log.txt".into())));
    assert_eq!(edge.log.access_log_format, LogFormat::standard());
    assert_eq!((edge.http.to_string(), edge.https.to_string()), ("127.0.0.1:8080".into(), "[::1]:8443".into()));
    assert_eq!((edge.threads, self::edge("edge502 edge --distribution d --threads 2").threads), (None, Some(2)));
    assert_eq!(refusal("edge502 edge --distribution d --threads 0").kind(), ErrorKind::ValueValidation);
    assert!(refusal("edge502 edge --distribution d --http here").to_string().contains("127.0.0.1:8080"));
    assert_eq!(refusal("edge502 edge").kind(), ErrorKind::MissingRequiredArgument);
}

#[test]
fn every_command_with_an_edge_can_write_a_log_in_every_form() {
    for command in ["run", "serve a/b", "edge --distribution d"] {
        let log = match parse(&format!("edge502 {command} --access-log logs/ --access-log-format json")).command {
            Command::Run(run) => run.log,
            Command::Serve(serve) => serve.log,
            Command::Edge(edge) => edge.log,
            other => panic!("{other:?}"),
        };
        assert_eq!(log.access_log, Some(Stream::File("logs/".into())));
        assert_eq!(log.access_log_format, LogFormat::with_all_fields(Encoding::Json));
        let alone = refusal(&format!("edge502 {command} --access-log-format json"));
        assert_eq!(alone.kind(), ErrorKind::MissingRequiredArgument);
    }
}

#[test]
fn the_fields_of_a_log_are_chosen_by_name() {
    let run = run("edge502 run --access-log l --access-log-format realtime:sc-status,timestamp");
    assert_eq!(run.log.access_log_format.to_string(), "realtime:timestamp,sc-status");
    let refused = refusal("edge502 run --access-log l --access-log-format json:sc-statu").to_string();
    assert!(refused.contains("sc-status"), "{refused}");
}

#[test]
fn an_edge_takes_free_ports_and_addresses_in_place_of_dns() {
    let edge = edge("edge502 edge --distribution d --resolve o.test:443:127.0.0.1 --resolve o.test:80:[::1]");
    assert_eq!((edge.http.port(), edge.https.port(), edge.resolve.len()), (0, 0, 2));
    assert!(refusal("edge502 edge --distribution d --resolve o.test").to_string().contains("HOST:PORT:ADDR"));
}

#[test]
fn flags_of_the_whole_program_stand_anywhere() {
    let output = parse("edge502 -v run -v --color never --log-format json").output;
    assert_eq!((output.color, output.log_format), (Color::Never, MessageFormat::Json));
    assert!(output.verbose >= 1);
    assert_eq!(parse("edge502 run -vv").output.verbose, 2);
}
