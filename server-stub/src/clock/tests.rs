#![allow(clippy::unwrap_used)]

use std::future::poll_fn;

use super::*;

const NOON: i64 = 1_700_000_000_000;

fn noon() -> Clock {
    Clock::frozen_at(Timestamp::from_millis(NOON))
}

/// A clock state as it would be at given readings of the system's clocks, in seconds.
fn state(scale: f64) -> State {
    State { read: reading(1_000, 10), shown: reading(5_000, 3), scale, frozen: false }
}

fn reading(wall: u64, elapsed: u64) -> Reading {
    Reading { wall: Duration::from_secs(wall), elapsed: Duration::from_secs(elapsed) }
}

#[test]
fn runs_on_from_what_it_showed_at_its_scale() {
    assert_eq!(state(1.0).at(reading(1_007, 17)), reading(5_007, 10));
    assert_eq!(state(60.0).at(reading(1_002, 12)), reading(5_120, 123));
    assert_eq!(state(0.5).at(reading(1_010, 20)), reading(5_005, 8));
}

#[test]
fn waits_where_the_system_goes_back() {
    assert_eq!(state(1.0).at(reading(900, 10)), reading(5_000, 3));
}

#[test]
fn never_overflows() {
    let far = Reading { wall: Duration::MAX, elapsed: Duration::MAX };
    assert_eq!(state(FASTEST).at(far), far);
    let clock = noon();
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), Timestamp::from_millis(i64::MAX));
}

#[test]
fn waits_as_long_as_its_scale_says() {
    let until = |shown: Reading| Duration::from_secs(5_060).saturating_sub(shown.wall);
    let Wait::Real(rest) = state(60.0).wait(reading(1_000, 10), until) else { panic!("it runs") };
    assert!(rest.abs_diff(Duration::from_secs(1)) < Duration::from_micros(1));
    assert!(matches!(state(1.0).wait(reading(1_060, 70), until), Wait::Over));
    let frozen = State { frozen: true, ..state(1.0) };
    assert!(matches!(frozen.wait(reading(9_999, 9_999), until), Wait::Change));
}

#[test]
fn a_new_clock_shows_the_systems_time() {
    let state = Clock::system().state();
    assert!(!state.frozen);
    assert_eq!((state.offset, state.scale.to_bits()), (0, 1.0_f64.to_bits()));
}

#[test]
fn frozen_it_moves_only_by_hand() {
    let clock = noon();
    let (now, passed) = (clock.now(), clock.monotonic());
    assert_eq!(now, Timestamp::from_millis(NOON));
    clock.advance(Duration::from_secs(90));
    assert_eq!(clock.now().since(now), Duration::from_secs(90));
    assert_eq!(clock.monotonic().abs_diff(passed), Duration::from_secs(90));
    clock.set(Timestamp::from_millis(5));
    assert_eq!(clock.now().as_millis(), 5);
    assert_eq!(clock.monotonic().abs_diff(passed), Duration::from_secs(90), "setting is not passing");
    assert!(clock.state().frozen);
}

#[test]
fn resumed_it_runs_on_and_reset_it_is_the_systems_again() {
    let clock = noon();
    clock.resume();
    assert!(clock.now() >= Timestamp::from_millis(NOON));
    assert!(clock.state().offset < 0, "it is still years behind");
    clock.scale(2.0).unwrap();
    clock.freeze();
    clock.reset();
    let state = clock.state();
    assert!(!state.frozen);
    assert_eq!((state.offset, state.scale.to_bits()), (0, 1.0_f64.to_bits()));
}

#[test]
fn refuses_a_speed_that_is_none() {
    let clock = noon();
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, FASTEST * 2.0] {
        assert_eq!(clock.scale(bad), Err(ClockError::Scale), "{bad}");
    }
    assert_eq!(clock.state().scale.to_bits(), 1.0_f64.to_bits());
}

#[tokio::test]
async fn a_sleeper_wakes_when_the_clock_gets_there_and_not_before() {
    let arrivals: [fn(&Clock); 3] = [
        |clock| clock.advance(Duration::from_secs(30)),
        |clock| clock.set(Timestamp::from_millis(NOON + 3_600_000)),
        |clock| {
            clock.scale(FASTEST).unwrap();
            clock.resume();
        },
    ];
    for arrive in arrivals {
        let clock = noon();
        let mut sleep = Box::pin(clock.sleep_until(Timestamp::from_millis(NOON + 60_000)));
        clock.advance(Duration::from_secs(30));
        let early = poll_fn(|cx| std::task::Poll::Ready(sleep.as_mut().poll(cx))).await;
        assert!(early.is_pending(), "half a minute is left");
        arrive(&clock);
        sleep.await;
        assert!(clock.now() >= Timestamp::from_millis(NOON + 60_000));
    }
}

#[tokio::test]
async fn a_pause_is_as_long_as_it_is_whatever_the_wall_time_is_set_to() {
    let clock = noon();
    let mut pause = Box::pin(clock.pause_until(clock.monotonic() + Duration::from_mins(1)));
    clock.advance(Duration::from_secs(59));
    for hour in [-1, 1] {
        clock.set(Timestamp::from_millis(NOON + hour * 3_600_000));
        assert!(futures_util::poll!(&mut pause).is_pending(), "a second is left");
    }
    clock.advance(Duration::from_secs(1));
    pause.await;
}

#[tokio::test]
async fn nobody_sleeps_until_the_past() {
    noon().sleep_until(Timestamp::from_millis(NOON)).await;
}
