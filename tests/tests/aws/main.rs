//! What is about Stepcast on AWS: what fails between its parts, the requests it makes, the policies it makes them under.

mod faults;
mod packages;
mod policies;
mod requests;
