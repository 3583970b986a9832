pub(super) mod unsubscribe;
